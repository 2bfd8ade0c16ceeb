import type { CommandOption } from './command.js';

/** Flags that every command takes. */
export const GLOBAL_OPTIONS: readonly CommandOption[] = [
  { name: 'secrets-dir', value: 'path', summary: 'Where the secrets lie (default: secrets/ below VIGO_HOME)' },
  { name: 'key-file', value: 'path', summary: 'The master key (default: .master.key in the secrets folder)' },
  { name: 'quiet', summary: 'Say nothing but what was asked for, warnings and errors' },
];
