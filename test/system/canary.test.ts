import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t from 'tap';
import { ProcessWatch } from './process-watch.js';
import { spellings } from './spellings.js';
import { startFleet } from './start-fleet.js';
import { redirectCli, tapCalls, tapPort } from './wiretap.js';

/** gRPC and Node at their most talkative. */
const DEBUG = { GRPC_TRACE: 'all', GRPC_VERBOSITY: 'DEBUG', NODE_DEBUG: 'http,https,http2,net,tls,child_process' };
const KEY = 'canary/value';

/** Prints its standard input as programs spell it. */
const SPELLER = `
import { readFileSync } from 'node:fs';
const text = readFileSync(0, 'utf8');
const spellings = {
  JSON: JSON.stringify(text),
  URL: encodeURIComponent(text),
  form: new URLSearchParams([['value', text]]).toString(),
  quoted: "'" + text.split("'").join("'\\\\''") + "'",
};
process.stdout.write(spellings[process.argv[2]]);
`;

/** Every character that some encoding spells differently, around a part that most leave as it is. */
function makeCanary(): { value: string; core: string } {
  const core = randomBytes(24).toString('hex');
  return { value: `cän "ary" \\ & 'x' $(y) %2B+/=?<> ${core} ${randomBytes(24).toString('base64')}!`, core };
}

// A dozen programs, one after the other, with all that they can say.

t.test('a secret stands in the file that it is for, and nowhere else', async (t) => {
  const canaries = [makeCanary(), makeCanary()];
  const [first, second] = canaries.map(({ value }) => value) as [string, string];
  const needles = canaries.flatMap(({ value, core }) => [...spellings(value), ...spellings(core)]);
  /** How a secret is spelled in some bytes. */
  const spelledIn = (bytes: Uint8Array) => {
    const haystack = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return [...new Set(needles.filter(([, needle]) => haystack.includes(needle)).map(([spelling]) => spelling))];
  };

  const fleet = await startFleet(t, DEBUG);
  const processes = new ProcessWatch();
  const target = join(fleet.root, 'target');
  const outside = join(fleet.root, 'outside');
  for (const folder of [target, outside]) mkdirSync(folder);
  const file = join(target, 'shop.ini');
  const speller = join(outside, 'speller.mjs');
  writeFileSync(speller, SPELLER);

  // Commands that find the value in a file, print it as people might, and fail.
  const printers: Record<string, string> = {
    raw: 'cat',
    stderr: 'cat >&2',
    'in pieces': 'dd bs=7 status=none',
    hex: "od -An -v -tx1 | tr -d ' \\n'",
    HEX: "od -An -v -tx1 | tr -d ' \\n' | tr a-f A-F",
    base64: 'base64 -w0',
    'base64 at 1': '(printf x; cat) | base64 -w0',
    'base64 at 2': '(printf xy; cat) | base64 -w0',
    base64url: "base64 -w0 | tr '+/' '-_'",
    ...Object.fromEntries(
      ['JSON', 'URL', 'form', 'quoted'].map((how) => [how, `${process.execPath} ${speller} ${how}`]),
    ),
  };
  const exec = (name: string, command: string) =>
    `  - { name: ${name}, type: exec, stdin: "secret:${KEY}", command: ${JSON.stringify(['/bin/sh', '-c', command])} }`;
  const crate = [
    'configcrate: canary',
    'vars:',
    `  password: "secret:${KEY}"`,
    'resources:',
    `  - { name: file, type: file, path: ${file}, content: "a={{ vars.password }}, b=secret:${KEY}" }`,
    exec('digest', `sha256sum > ${outside}/digest`),
    exec('talkative', 'cat'),
    exec('reverser', 'rev; exit 3'),
    exec(
      'shown',
      `cat > /dev/null; for p in $$ $PPID $(cut -d ' ' -f 4 /proc/$PPID/stat); do cat /proc/$p/cmdline /proc/$p/environ; done > ${outside}/shown`,
    ),
    ...Object.values(printers).map((command, i) => {
      const line = JSON.stringify(`(${command}) < ${file}; exit 3`);
      return `  - { name: printer-${i}, type: exec, command: ${line} }`;
    }),
    '',
  ].join('\n');

  const https = await tapPort(t, fleet);
  redirectCli(fleet, https.url);
  await fleet.setSecret(KEY, first);
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [canary] }\n',
    'canary.vgo': crate,
  });
  await fleet.enroll('web-1');
  const calls = await tapCalls(t, fleet, 'web-1');

  const run = await fleet.vigo('web-1', 'run', '--once');
  t.equal(run.code, 1, 'the printers fail');
  t.equal(readFileSync(file, 'utf8'), `a=${first}, b=${first}`);
  const digest = createHash('sha256').update(first).digest('hex');
  t.match(readFileSync(join(outside, 'digest'), 'utf8'), digest, 'the commands got it');

  const agent = fleet.startAgent('web-1');
  await agent.says(/run ended: /);
  const heard = agent.said.length;
  await fleet.setSecret(KEY, second);
  await agent.says(/run ended: /, heard);
  t.equal(readFileSync(file, 'utf8'), `a=${second}, b=${second}`);
  t.equal(await agent.end(), 0);

  // What is refused is quoted in nothing either.
  t.not((await fleet.run('vigocli', ['secrets', 'set', 'raw', 'not//a/key'], first)).code, 0);
  t.not((await fleet.run('vigocli', ['secrets', 'set', 'raw', 'too/large'], first.repeat(20_000))).code, 0);
  for (const args of [
    ['envoys', 'show', 'web-1'],
    ['envoys', 'show', 'web-1', '--json'],
    ['audit', 'list', '--limit', '1000', '--json'],
    ['secrets', 'list'],
    ['config', 'history', '--json'],
  ]) {
    await fleet.vigocli(...args);
  }
  await fleet.vigo('web-1', 'status');
  const shown = processes.end();

  await t.test('the search finds every spelling', (t) => {
    for (const [spelling, needle] of needles) {
      t.ok(spelledIn(Buffer.concat([randomBytes(100), needle, randomBytes(100)])).includes(spelling), spelling);
    }
    t.ok(spelledIn(readFileSync(file)).includes('raw'));
    t.end();
  });

  await t.test('what the programs printed', (t) => {
    const printed = fleet.printed;
    t.same(spelledIn(Buffer.from(printed.join('\n'))), []);
    t.match(printed.join('\n'), /D .* \| (channel|transport|subchannel)/, 'debug output included');
    t.end();
  });

  await t.test('what was reported of the runs', async (t) => {
    const { runs } = JSON.parse((await fleet.vigocli('envoys', 'show', 'web-1', '--json')).stdout);
    for (const [i, printer] of Object.keys(printers).entries()) {
      const result = runs[0].results.find(({ resource }: { resource: string }) => resource === `printer-${i}`);
      t.match(result, { outcome: 'failed', message: /^the command exited with 3: .*\[secret\]/s }, printer);
    }
    t.same(spelledIn(Buffer.from(JSON.stringify(runs))), []);
    const reverser = runs[0].results.find(({ resource }: { resource: string }) => resource === 'reverser');
    t.match(reverser, { outcome: 'failed', message: /^the command exited with 3 \([0-9]+ bytes / });
  });

  await t.test('what went over the decrypted wire', (t) => {
    const said = (method: string) => {
      const these = calls.filter(({ path }) => path === `/vigo.v1.VigoAgent/${method}`);
      return {
        sent: Buffer.concat(these.flatMap(({ sent }) => sent)),
        received: Buffer.concat(these.flatMap(({ received }) => received)),
      };
    };
    // What must stand there in clear, or nothing was decrypted.
    for (const [method, sent, received] of [
      ['CheckIn', 'os', `__VIGO_SECRET__${KEY}__END_VIGO_SECRET__`],
      ['CheckIn', 'os', 'vigo-rejection-bin'],
      ['ResolveSecrets', KEY, 'application/grpc'],
      ['ReportRun', '[secret]', 'grpc-status'],
      ['WakeUp', 'application/grpc', 'application/grpc'],
    ] as const) {
      const { sent: up, received: down } = said(method);
      t.ok(up.includes(sent), `${method} says ${sent}`);
      t.ok(down.includes(received), `${method} is told ${received}`);
    }
    for (const { path, sent, received } of calls) {
      t.same(spelledIn(Buffer.concat(sent)), [], `the request of ${path}`);
      t.same(spelledIn(Buffer.concat(received)), [], `the answer to ${path}`);
    }
    const overHttps = Buffer.concat(https.bytes);
    for (const shown of ['POST /enroll ', 'POST /api/v1/config/publish', 'GET /api/v1/envoys/web-1', '[secret]']) {
      t.ok(overHttps.includes(shown), `HTTPS has ${shown}`);
    }
    t.same(spelledIn(overHttps), [], 'HTTPS');
    t.end();
  });

  await t.test('arguments and environments', (t) => {
    t.ok(
      shown.some((text) => text.includes('set\0raw\0canary/value')),
      'the processes were looked at',
    );
    t.same(spelledIn(Buffer.from(shown.join('\n'), 'latin1')), []);
    t.match(readFileSync(join(outside, 'shown'), 'latin1'), /vigo\.mjs\0run/, 'those of a command and of its agent');
    t.end();
  });

  await t.test('every file of the server and of the envoy', async (t) => {
    const search = () => {
      const files = readdirSync(fleet.root, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ path, name }) => join(path, name));
      const found = files.filter((path) => spelledIn(readFileSync(path)).length > 0);
      t.same(
        found.map((path) => relative(fleet.root, path)),
        ['target/shop.ini'],
      );
      return files.map((path) => relative(fleet.root, path));
    };
    const names = search();
    for (const name of ['server/db/vigo.db', 'server/db/vigo.db-wal', `server/secrets/${KEY}`, 'web-1/state/policy']) {
      t.ok(names.includes(name), `${name} was searched`);
    }
    await fleet.server.end();
    search();
  });
});
