import { isatty } from 'node:tty';
import { MIN_REDACTED_BYTES } from '../../../base/index.js';
import { wipe } from '../../../crypto/index.js';
import type { Command } from '../../console/command.js';
import { readKeyName } from '../../console/from-command-line.js';
import { readValue } from '../../host/secret-input.js';
import { expiresOption, ifVersionOption, readCondition, readExpiry } from '../../host/write-options.js';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export const command: Command = {
  usage: 'secrets set raw <key>',
  summary: 'Store any bytes: from a file, a pipe (its last newline too), or a hidden prompt',
  options: [
    { name: 'from-file', value: 'path', summary: 'Read the value from a file, to the byte' },
    { name: 'trim', summary: 'Leave out the newline (LF or CRLF) at the end of a file or pipe' },
    expiresOption,
    ifVersionOption,
  ],
  examples: [
    'secrets set raw vigo/db/dsn',
    'secrets set raw tls/key --from-file key.pem',
    'secrets set raw a/b --trim < value',
  ],
  otherNames: ['put', 'add', 'insert', 'write'],
  tooManyHint:
    'a value never stands on the command line, where others see it: use a pipe, --from-file <path>, or the prompt',
  async run({ vault, note, warn }, [name = ''], flags) {
    const key = readKeyName(name);
    const options = { kind: 'raw', expiresMs: readExpiry(flags), ...readCondition(flags) } as const;
    const opened = await vault();
    await opened.planSet(key, options);
    const path = flags.text('from-file');
    const bytes = await readValue(path, key);
    const isTyped = path === undefined && isatty(0);
    const endsInNewline = !isTyped && bytes.at(-1) === LINE_FEED;
    const value =
      endsInNewline && flags.is('trim') ? bytes.subarray(0, bytes.at(-2) === CARRIAGE_RETURN ? -2 : -1) : bytes;
    try {
      const version = await opened.set(key, value, options);
      note(`${key}: version ${version} is stored (${value.length} bytes)`);
      if (endsInNewline && value === bytes && path === undefined) {
        note('the newline at its end is stored, too; --trim leaves it out');
      }
      if (value.length === 0) warn(`the value is empty: what it was meant to come from may have failed`);
      else if (value.length < MIN_REDACTED_BYTES) {
        warn(`a value below ${MIN_REDACTED_BYTES} bytes is not redacted from what a machine reports`);
      }
    } finally {
      wipe(bytes);
    }
  },
};
