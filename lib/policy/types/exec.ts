import { parseDurationMs, type Secret } from '../../base/index.js';
import { holdsMarker } from '../compose/placeholder.js';
import { required, SECRETS_ALLOWED, SECRETS_NOT_IN_ARGUMENTS, SECRETS_ONLY_IN_CONTENT, text } from './attribute.js';
import { absolutePath, anyText, type Command, command, timeout } from './grammar.js';
import { resourceType } from './resource-type.js';

/** A command as a body declares it. */
export type ExecResource = {
  readonly type: 'exec';
  readonly name: string;
  readonly command: Command;
  readonly cwd?: string;
  /** Runs the command only where this one succeeds. */
  readonly onlyif?: Command;
  /** Runs the command only where this one fails. */
  readonly unless?: Command;
  /** Runs the command only where this path doesn't exist. */
  readonly creates?: string;
  readonly stdin?: string;
  /** Like 90s or 5m, for the command and for each of its conditions. */
  readonly timeout: string;
};

/** A command as its executor gets it. */
export type ResolvedExec = Omit<ExecResource, 'stdin' | 'timeout'> & {
  readonly stdin?: Secret<Uint8Array>;
  /** Whether a value of the vault goes to stdin. */
  readonly confidential: boolean;
  readonly timeoutMs: number;
};

const DEFAULT_TIMEOUT = '5m';

export const execType = resourceType({
  type: 'exec',
  attributes: {
    command: required(command),
    cwd: text(absolutePath, SECRETS_ONLY_IN_CONTENT),
    onlyif: command,
    unless: command,
    creates: text(absolutePath, SECRETS_ONLY_IN_CONTENT),
    stdin: text(anyText, SECRETS_ALLOWED),
    timeout: text(timeout, SECRETS_NOT_IN_ARGUMENTS),
  },
  contradictions({ creates, watch_secret }) {
    if (creates === undefined || watch_secret === undefined) return [];
    const message = 'creates would keep the command from running again when a secret changes';
    return [
      {
        attribute: 'creates',
        message,
        hint: 'leave it out: with watch_secret the command runs once, and then when one does',
      },
    ];
  },
  settle(name, given): ExecResource {
    return { ...given, type: 'exec', name, timeout: given.timeout ?? DEFAULT_TIMEOUT };
  },
  resolve({ stdin, timeout, ...rest }, fill): ResolvedExec {
    return {
      ...rest,
      timeoutMs: parseDurationMs(timeout),
      confidential: stdin !== undefined && holdsMarker(stdin),
      ...(stdin === undefined ? {} : { stdin: fill(stdin) }),
    };
  },
});
