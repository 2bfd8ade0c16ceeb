import { printable } from '../../base/index.js';
import type { Paint, Tone } from './paint.js';

/** A piece of a line; where it says something good or bad, with its tone. */
export type Cell = string | { readonly text: string; readonly tone: Tone };

/**
 * One line, with its end. Whoever wrote what is in it, and whatever that is, it stays one line and moves nothing on a
 * terminal: the only control characters are the end, and the colours of the tones.
 */
export function formatLine(cells: readonly Cell[], paint: Paint): string {
  return `${cells.map((cell) => formatCell(cell, paint)).join('')}\n`;
}

/** JSON on one line. What would move something on a terminal is escaped in it, which a reader of JSON doesn't notice. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)}\n`;
}

function formatCell(cell: Cell, paint: Paint): string {
  return typeof cell === 'string' ? printable(cell) : paint(cell.tone, printable(cell.text));
}

/** As JSON writes it: UTF-16 code units. */
function escaped(char: string): string {
  return char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
