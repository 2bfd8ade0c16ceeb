import { posix } from 'node:path';
import { parseDurationMs } from '../../base/index.js';
import { PolicyError } from '../errors.js';
import type { Attribute } from './attribute.js';
import { SECRETS_NOT_IN_ARGUMENTS } from './attribute.js';

/** A command: a text that `/bin/sh -c` runs, or a program with its arguments. */
export type Command = string | readonly string[];

const MAX_PATH_LENGTH = 4096;
/** Of a whole command: the guard reads all of it, again and again, and so should whoever reviews it. */
const MAX_COMMAND_LENGTH = 16 * 1024;
const MAX_ARGUMENTS = 1000;
const MAX_TIMEOUT_MS = 24 * 60 * 60 * 1000;

export function anyText(): void {}

/** An absolute path with one spelling: what the guard compares must be what the executor opens. */
export function absolutePath(path: string): void {
  if (!path.startsWith('/')) throw new PolicyError('bad_value', 'this path is not absolute', { hint: 'begin with /' });
  if (path.length > MAX_PATH_LENGTH || /\p{Cc}/u.test(path)) {
    throw new PolicyError('bad_value', 'this path is too long or holds a control character');
  }
  const normal = posix
    .normalize(path)
    .replace(/(?<=.)\/$/, '')
    .replace(/^\/\//, '/');
  if (path !== normal) throw new PolicyError('bad_value', 'this path is not normalized', { hint: `write ${normal}` });
}

export function fileMode(mode: string): void {
  if (!/^[0-7]{4}$/.test(mode)) {
    throw new PolicyError('bad_value', 'this is not a mode', {
      hint: /^[0-7]{3}$/.test(mode) ? `write "0${mode}"` : 'four octal digits in quotes, like "0644"',
    });
  }
}

/** The name or the number of a user or a group. */
export function account(name: string): void {
  if (!/^([a-z_][a-z0-9_.-]{0,31}|0|[1-9][0-9]{0,8})$/i.test(name)) {
    throw new PolicyError('bad_value', 'this is not the name or the number of an account');
  }
}

export function timeout(duration: string): void {
  if (parseDurationMs(duration) > MAX_TIMEOUT_MS) {
    throw new PolicyError('bad_value', 'this is longer than a command may take', { hint: '1d at most' });
  }
}

export const command: Attribute<Command, false> = {
  required: false,
  takesList: true,
  secretsRefused: SECRETS_NOT_IN_ARGUMENTS,
  read(value) {
    const words = typeof value === 'string' ? [value] : value;
    if ((words[0] ?? '').trim() === '') throw new PolicyError('bad_value', 'this command is empty');
    if (words.length > MAX_ARGUMENTS || words.reduce((sum, { length }) => sum + length, 0) > MAX_COMMAND_LENGTH) {
      throw new PolicyError('bad_value', 'this command is too long', { hint: 'write a script to a file and run that' });
    }
    // The kernel ends an argument at its first NUL: the rest would be dropped in silence.
    if (words.some((word) => word.includes('\0'))) throw new PolicyError('bad_value', 'this command holds a NUL');
    return value;
  },
};
