import { hostname } from 'node:os';
import { type HostName, parseHostName } from '../../base/index.js';
import type { Command } from '../command.js';
import { AgentError } from '../errors.js';

const MAX_TOKEN_BYTES = 1024;

/** Makes this machine an envoy. The token comes from a file or a pipe: arguments can be read by everybody. */
export const command: Command = {
  name: 'enroll',
  summary: 'make this machine an envoy of a server',
  options: [
    { name: 'server', value: 'url', summary: 'the HTTPS address of the server' },
    {
      name: 'token-file',
      value: 'path',
      summary: 'the file or pipe that holds the token; - reads it from standard input',
    },
    { name: 'host-name', value: 'name', summary: 'the name to enroll under (default: what this machine is called)' },
    { name: 'again', summary: 'come back as the envoy that this machine was, with the same key' },
  ],
  examples: [
    'enroll --server https://vigo.example.org:8443 --token-file /run/vigo-token',
    'enroll --server https://vigo.example.org:8443 --token-file - --host-name web-1.example.org',
    'enroll --again --server https://vigo.example.org:8443 --token-file /run/vigo-token',
  ],
  async run({ paths, note }, flags) {
    const server = required(flags.text('server'), '--server <url>');
    const tokenFile = required(flags.text('token-file'), '--token-file <path>');
    const again = flags.is('again');
    const [{ enroll }, { readIdentity }] = await Promise.all([
      import('../identity/enroll.js'),
      import('../held/identity-files.js'),
    ]);
    const known = again ? await readIdentity(paths) : undefined;
    const given = flags.text('host-name') ?? known?.hostName;
    const hostName = given === undefined ? ownName() : parseHostName(given);
    const token = await readToken(tokenFile);
    const identity = await enroll({ server, token, hostName, again }, paths);
    note(`enrolled as ${identity.hostName}, envoy ${identity.envoyId}`);
    note('next: vigo run');
  },
};

function required(value: string | undefined, flag: string): string {
  if (value !== undefined) return value;
  throw new AgentError('usage', `${flag} is missing`, { hint: 'vigo enroll --help' });
}

/** What this machine is called. @throws AgentError `usage` where an envoy can't be called so */
function ownName(): HostName {
  const name = hostname();
  try {
    return parseHostName(name);
  } catch (cause) {
    throw new AgentError('usage', `this machine is called ${JSON.stringify(name)}, which is not a host name`, {
      cause,
      hint: 'give it a name of letters, digits, dashes and dots: --host-name web-1.example.org',
    });
  }
}

/** From a file, a pipe like `<(…)`, or standard input. */
async function readToken(path: string): Promise<string> {
  const [{ readInput }, { fromUtf8 }] = await Promise.all([
    import('../../files/index.js'),
    import('../../base/index.js'),
  ]);
  return fromUtf8(await readInput(path === '-' ? '/dev/stdin' : path, MAX_TOKEN_BYTES)).trim();
}
