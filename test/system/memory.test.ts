import { spawn } from 'node:child_process';
import { createPrivateKey, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { ThrowAwayFleet } from './fleet.js';
import { PATIENCE_MS, Resident } from './resident.js';
import { spellings, spellingsOfBytes } from './spellings.js';
import { startFleet } from './start-fleet.js';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
const HOST = 'web-1';
const SECRET = `canary-${randomBytes(24).toString('hex')}`;
const AGENT_READY = /run ended/;

/** What is looked for: by its name, and how it may be spelled. */
type Needles = ReadonlyMap<string, ReadonlyMap<string, Buffer>>;

t.test('the memory of what runs', async (t) => {
  const folder = t.testdir();
  const fleet = await startFleet(t, { NODE_OPTIONS: `--heapsnapshot-signal=SIGUSR2 --diagnostic-dir=${folder}` });
  await fleet.setSecret('app/password', SECRET);
  await fleet.enroll(HOST);
  const resource = `{ name: file, type: file, path: ${folder}/file, content: "secret:app/password" }`;
  await fleet.publish({
    'app.vgo': `configcrate: app\nresources:\n  - ${resource}\n`,
    'envoys.vgo': 'envoys:\n  - match: "*"\n    configcrates: [app]\n',
  });
  const agent = fleet.startAgent(HOST);
  await agent.says(/run ended: 1 changed/);
  // The keys of both ports once more, in a process that has run for a while.
  await fleet.vigocli('pki', 'renew-server');
  await fleet.server.says(/"pki\.certificates_loaded"/);
  const keys = keysOf(fleet);
  const secret: Needles = new Map([['secret', spellings(SECRET)]]);

  await t.test('no key is a string in it', async (t) => {
    const heaps = { vigosrv: await heapOf(fleet.server, folder), vigo: await heapOf(agent, folder) };
    const [, line = ''] = readFileSync(join(fleet.configDir(HOST), 'ca.crt'), 'latin1').split('\n');
    for (const [program, heap] of Object.entries(heaps)) {
      t.ok(heap.includes(line), `${program}: what is a string is found`);
      t.same(foundIn(heap, keys), [], program);
    }
    t.same(foundIn(heaps.vigosrv, secret), [], 'nor is a secret, in the server');
  });

  await t.test('a core dump of it holds nothing', { skip: coresGoElsewhere() }, async (t) => {
    await agent.end();
    await fleet.server.end();
    const seed: Needles = new Map([['seed', new Map([['raw', seedOf(fleet)]])]]);
    const core = async (program: string, args: readonly string[], ready: RegExp, filter?: string) =>
      coreOf(await abort(mkdtempSync(join(folder, 'core-')), fleet, program, args, ready, filter));

    const run = ['run', ...fleet.agentArgs(HOST)];
    for (const dump of [await core('vigosrv', [], /"ready"/), await core('vigo', run, AGENT_READY)]) {
      t.ok(dump.length > 0);
      t.same(foundIn(dump, new Map([...keys, ...seed, ...secret])), []);
    }
    t.same(foundIn(await core('vigo', run, AGENT_READY, '0x33'), seed), ['seed: raw'], 'nor would, without the filter');
  });
});

/** Every private key that lies in a file, as text. */
function keysOf(fleet: ThrowAwayFleet): Needles {
  const pem = (path: string) => ofPem(readFileSync(path, 'latin1'));
  return new Map([
    ['key', pem(join(fleet.home, 'tls', 'key'))],
    ['ca_key', pem(join(fleet.home, 'tls', 'ca_key'))],
    ['tls.pem', pem(join(fleet.configDir(HOST), 'tls.pem'))],
    ['seed', spellingsOfBytes(seedOf(fleet))],
    ['master key', spellingsOfBytes(readFileSync(join(fleet.home, 'secrets', '.master.key')).subarray(-32))],
  ]);
}

function seedOf(fleet: ThrowAwayFleet): Buffer {
  return readFileSync(join(fleet.configDir(HOST), 'ed25519.seed'));
}

/** The private number, and the parts of both lines that it takes: around it is what everybody may know. */
function ofPem(pem: string): Map<string, Buffer> {
  const { d = '' } = createPrivateKey(pem).export({ format: 'jwk' });
  const [, begin = '', end = ''] = /-----BEGIN PRIVATE KEY-----\n.{48}(.{16})\n(.{21})/.exec(pem) ?? [];
  const lines = [
    ['PEM, first line', Buffer.from(begin)],
    ['PEM, second line', Buffer.from(end)],
  ] as const;
  return new Map([...lines, ...spellingsOfBytes(Buffer.from(d, 'base64url'))]);
}

function foundIn(bytes: Buffer, needles: Needles): string[] {
  return [...needles].flatMap(([what, forms]) =>
    [...forms].filter(([, needle]) => bytes.includes(needle)).map(([form]) => `${what}: ${form}`),
  );
}

/** Every string and object of its heap. Node writes it when it gets the signal, under the number of the process. */
async function heapOf({ child }: Resident, folder: string): Promise<Buffer> {
  child.kill('SIGUSR2');
  const patience = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    await wait(500, undefined, { signal: patience });
    const name = readdirSync(folder).find((name) => name.includes(`.${child.pid}.`));
    const heap = name === undefined ? Buffer.alloc(0) : readFileSync(join(folder, name));
    if (isJson(heap)) return heap;
  }
}

/** Whether it is written to its end. */
function isJson(heap: Buffer): boolean {
  try {
    JSON.parse(heap.toString('utf8'));
    return true;
  } catch {
    return false;
  }
}

/** Why there is no core file to look into, if so. */
function coresGoElsewhere(): string | false {
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'latin1').trim();
  if (/[|/]/.test(pattern)) return `this system puts core dumps elsewhere: ${pattern}`;
  const hard = /^Max core file size +\S+ +(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return hard === 'unlimited' ? false : `core dumps are limited to ${hard}`;
}

/** Runs a program that may dump its core, until it does. @returns the folder that it ran in */
async function abort(
  cwd: string,
  fleet: ThrowAwayFleet,
  program: string,
  args: readonly string[],
  ready: RegExp,
  filter?: string,
): Promise<string> {
  const command = ['-c', 'ulimit -c unlimited; exec "$@"', 'sh', process.execPath, join(DIST, `${program}.mjs`)];
  const env = { PATH: process.env.PATH, VIGO_HOME: fleet.home };
  const resident = new Resident(spawn('/bin/sh', [...command, ...args], { cwd, env }));
  await resident.says(ready);
  if (filter !== undefined) writeFileSync(`/proc/${resident.child.pid}/coredump_filter`, filter);
  await resident.end('SIGABRT');
  return cwd;
}

function coreOf(folder: string): Buffer {
  const [name = 'none'] = readdirSync(folder);
  return readFileSync(join(folder, name));
}
