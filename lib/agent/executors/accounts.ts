import { AgentError } from '../errors.js';
import { redactionOf } from '../held/redaction.js';
import { runCommand } from './command.js';

const LOOKUP_TIMEOUT_MS = 10_000;

/** The number of a user or a group: itself, or what the machine's accounts say (files, LDAP, …). */
export function userId(nameOrNumber: string): Promise<number> {
  return lookUp('passwd', 'user', nameOrNumber);
}

/** As `userId`. */
export function groupId(nameOrNumber: string): Promise<number> {
  return lookUp('group', 'group', nameOrNumber);
}

async function lookUp(database: 'passwd' | 'group', what: string, name: string): Promise<number> {
  if (/^[0-9]{1,10}$/.test(name)) return Number(name);
  // Node has no getpwnam; getent asks the same sources as it does.
  const { exitCode, output } = await runCommand(['getent', database, '--', name], {
    timeoutMs: LOOKUP_TIMEOUT_MS,
    redaction: redactionOf([]),
  });
  const [found, , id] = output.split(':');
  if (exitCode !== 0 || found !== name || id === undefined) {
    throw new AgentError('refused_resource', `there is no ${what} ${name} on this machine`);
  }
  return Number(id);
}
