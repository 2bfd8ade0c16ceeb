const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
] as const;

/** Returns how long ago something was, in its largest unit: `40s ago`, `3m ago`, `5h ago`, `12d ago`. */
export function formatAge(ms: number): string {
  const [unit, unitMs] = UNITS.find(([, unitMs]) => ms >= unitMs) ?? ['s', 1000];
  return `${Math.max(0, Math.floor(ms / unitMs))}${unit} ago`;
}
