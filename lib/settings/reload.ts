import type { Settings } from './schema.js';

/** Of each setting: the field of `server.yaml`, and whether a server that runs takes another value. */
const FIELDS = {
  grpcListen: { field: 'server.grpc_listen', reloads: false },
  apiListen: { field: 'server.api_listen', reloads: false },
  logLevel: { field: 'server.log_level', reloads: true },
  tls: { field: 'server.tls', reloads: false },
  databasePath: { field: 'database.dsn', reloads: false },
  secretsDir: { field: 'secrets.secrets_dir', reloads: false },
  keyFile: { field: 'secrets.key_file', reloads: false },
  checkinIntervalMs: { field: 'checkin.interval', reloads: true },
  certificateTtlMs: { field: 'envoys.certificate_ttl', reloads: true },
  recoveryWindowMs: { field: 'envoys.recovery_window', reloads: true },
  onFork: { field: 'envoys.on_fork', reloads: true },
  resolvesPerHour: { field: 'envoys.resolves_per_hour', reloads: true },
} as const satisfies Record<keyof Settings, { field: string; reloads: boolean }>;

/** The fields in which two settings differ. */
export interface SettingsChange {
  readonly applied: readonly string[];
  /** Another value counts after a restart. */
  readonly needsRestart: readonly string[];
}

/**
 * Compares settings with those that a server started with.
 * @returns the settings to go on with, which have the new value of each field that can change, and what differs
 */
export function adoptSettings(current: Settings, written: Settings): { settings: Settings; change: SettingsChange } {
  const names = Object.keys(FIELDS) as (keyof Settings)[];
  const changed = names.filter((name) => JSON.stringify(current[name]) !== JSON.stringify(written[name]));
  const adopted = changed.filter((name) => FIELDS[name].reloads);
  return {
    settings: { ...current, ...Object.fromEntries(adopted.map((name) => [name, written[name]])) },
    change: {
      applied: adopted.map((name) => FIELDS[name].field),
      needsRestart: changed.filter((name) => !FIELDS[name].reloads).map((name) => FIELDS[name].field),
    },
  };
}
