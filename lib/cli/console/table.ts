import { printable } from '../../base/index.js';
import { displayWidth } from './display-width.js';
import type { Cell } from './line.js';
import { type Paint, plain, type Tone } from './paint.js';

/** Columns as wide as their widest cell, two spaces apart; nothing at all where there are no rows. */
export function formatTable(header: readonly string[], rows: readonly (readonly Cell[])[], paint = plain): string {
  if (rows.length === 0) return '';
  const headings = header.map((text) => ({ text, tone: 'heading' as const }));
  const lines = [headings, ...rows].map((cells) => cells.map(printableCell));
  const widths = header.map((_, column) =>
    lines.reduce((width, line) => Math.max(width, displayWidth(line[column]?.text ?? '')), 0),
  );
  return lines.map((line) => `${formatLine(line, widths, paint)}\n`).join('');
}

interface PrintableCell {
  readonly text: string;
  readonly tone?: Tone;
}

function printableCell(cell: Cell): PrintableCell {
  return typeof cell === 'string' ? { text: printable(cell) } : { ...cell, text: printable(cell.text) };
}

/** The last cell isn't filled up, and no colour reaches into the space between two. */
function formatLine(cells: readonly PrintableCell[], widths: readonly number[], paint: Paint): string {
  const last = cells.findLastIndex(({ text }) => text !== '');
  return cells
    .slice(0, last + 1)
    .map(({ text, tone }, column) => {
      const gap = column === last ? '' : ' '.repeat((widths[column] ?? 0) - displayWidth(text));
      return (tone === undefined ? text : paint(tone, text)) + gap;
    })
    .join('  ');
}

/** A time as people and programs read it: UTC, to the second. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
