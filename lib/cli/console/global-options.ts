import type { CommandOption } from './flags.js';

/** Flags that every command takes. */
export const GLOBAL_OPTIONS: readonly CommandOption[] = [
  {
    name: 'secrets-dir',
    value: 'path',
    summary: 'Where the secrets lie (default: as in server.yaml, else secrets/ below VIGO_HOME)',
  },
  {
    name: 'key-file',
    value: 'path',
    summary: 'The master key (default: as in server.yaml, else .master.key in the secrets folder)',
  },
  { name: 'quiet', summary: 'Say nothing but what was asked for, warnings and errors' },
];
