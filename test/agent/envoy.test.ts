import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ContactRecord, readContact } from '../../lib/agent/contact/contact-record.js';
import { Envoy } from '../../lib/agent/converge/envoy.js';
import { LastRunFile } from '../../lib/agent/converge/last-run.js';
import { HeldGeneration } from '../../lib/agent/held/held-generation.js';
import { SecretCache } from '../../lib/agent/held/secret-cache.js';
import { makeLog } from '../../lib/agent/log.js';
import { parseHostName, parseKeyGlob, parseKeyName, systemClock, toHex } from '../../lib/base/index.js';
import { makeGuard } from '../../lib/guard/index.js';
import type { Resource } from '../../lib/policy/index.js';
import { RpcError } from '../../lib/rpc/index.js';
import {
  decodeCheckInAnswer,
  decodeSealedAnswer,
  encodeCheckInAnswer,
  encodeSealedAnswer,
  Rejection,
  WireError,
} from '../../lib/wire/index.js';
import { Responder } from './responder.js';

const CANARY = 'canary-7f3a';
const going = { dryRun: false, signal: new AbortController().signal };

function ref(key: string): string {
  return `__VIGO_SECRET__${key}__END_VIGO_SECRET__`;
}

async function setUp(t: Test, files: Readonly<Record<string, string>> = { conf: `dsn=${ref('vigo/db/dsn')}\n` }) {
  const dir = t.testdir({ machine: {}, own: {} });
  const machine = join(dir, 'machine');
  const { responder, trust, newSession } = await Responder.start();
  responder.resources = Object.entries(files).map(([name, content]) => file(join(machine, name), name, content));
  responder.setSecret('vigo/db/dsn', CANARY);
  const lines: string[] = [];
  const follower = { ...trust, mend: async (_: unknown) => false, keepUp: async () => false };
  /** Another process of the agent on the same machine. */
  const start = async () => {
    const cache = new SecretCache();
    const envoy = await Envoy.open({
      session: newSession(),
      certificate: { keep: async () => {} },
      trust: follower,
      policyPath: join(dir, 'policy'),
      watchedPath: join(dir, 'watched'),
      contact: await ContactRecord.open({
        path: join(dir, 'contact'),
        clock: systemClock,
        redact: (text) => cache.redaction.redact(text),
        warn: (line) => lines.push(line),
      }),
      lastRun: new LastRunFile({
        path: join(dir, 'last-run'),
        envoyId: trust.envoyId,
        warn: (line) => lines.push(line),
      }),
      generation: await HeldGeneration.open(join(dir, 'generation'), trust.envoyId),
      cache,
      guard: makeGuard([join(dir, 'own')]),
      clock: systemClock,
      log: makeLog(
        systemClock,
        (text) => cache.redaction.redact(text),
        (line) => lines.push(line),
      ),
    });
    return { envoy, cache };
  };
  const outcomes = async (envoy: Envoy, options = going) =>
    (await envoy.converge(options))?.report.results.map(({ resource, outcome }) => `${resource} ${outcome}`);
  const read = (name: string) => readFileSync(join(machine, name), 'utf8');
  return { dir, machine, responder, follower, lines, start, outcomes, read, ...(await start()) };
}

function file(path: string, name: string, content: string): Resource {
  const mode = content.includes('__VIGO_SECRET__') ? '0600' : '0644';
  return { type: 'file', name, ensure: 'present', path, mode, content };
}

t.test('a policy and its secrets become a file; a second run changes nothing', async (t) => {
  const { responder, envoy, outcomes, read, lines } = await setUp(t);
  t.equal(await envoy.converge(going), undefined, 'nothing to converge to yet');
  t.match(await envoy.checkIn(), { changed: true, intervalMs: 60_000 });
  t.same(await outcomes(envoy), ['conf changed']);
  t.equal(read('conf'), `dsn=${CANARY}\n`);
  t.match(await envoy.checkIn(), { changed: false });
  t.same(await outcomes(envoy), ['conf unchanged']);
  await envoy.deliver();
  t.same(responder.calls, ['CheckIn', 'ResolveSecrets', 'CheckIn', 'ReportRun', 'ReportRun'], 'values are kept');
  t.match(responder.reports[0], {
    policyVersion: 1,
    failure: undefined,
    results: [{ configcrate: 'web', type: 'file' }],
  });
  t.notMatch(JSON.stringify(responder.reports) + lines.join(), CANARY);
});

t.test('a secret that changes is followed, and only it is sent', async (t) => {
  const { responder, envoy, outcomes, read } = await setUp(t, { one: ref('vigo/db/dsn'), two: ref('vigo/other') });
  responder.setSecret('vigo/other', 'other');
  await envoy.checkIn();
  await outcomes(envoy);
  responder.setSecret('vigo/db/dsn', 'next');
  t.match(await envoy.checkIn(), { changed: true });
  t.same(await outcomes(envoy), ['one changed', 'two unchanged']);
  t.equal(read('one'), 'next');
  t.same(responder.asked.at(-1), [
    ['vigo/db/dsn', 1],
    ['vigo/other', 1],
  ]);
});

t.test('a server that was restored gives a version a second time: the value is followed', async (t) => {
  const { responder, envoy, outcomes, read } = await setUp(t);
  const restored = (value: string) => {
    responder.restart();
    responder.secrets.clear();
    responder.setSecret('vigo/db/dsn', value);
  };
  await envoy.checkIn();
  await outcomes(envoy);
  restored('between the check-ins');
  await envoy.checkIn();
  t.same(await outcomes(envoy), ['conf changed']);
  t.equal(read('conf'), 'dsn=between the check-ins\n');
  responder.epoch++;
  await envoy.checkIn();
  restored('between check-in and resolving');
  t.same(await outcomes(envoy), ['conf changed']);
  t.equal(read('conf'), 'dsn=between check-in and resolving\n');
  t.same(responder.asked.slice(-2), [[['vigo/db/dsn', 1]], [['vigo/db/dsn', undefined]]]);
});

t.test('a dry run says what it would do', async (t) => {
  const { envoy, machine, outcomes } = await setUp(t);
  await envoy.checkIn();
  t.same(await outcomes(envoy, { ...going, dryRun: true }), ['conf would_change']);
  t.notOk(existsSync(join(machine, 'conf')));
});

t.test('secrets that are refused abort the run: nothing is touched, and it is reported (D3)', async (t) => {
  for (const refusal of [new Rejection('entitlement', 'not yours'), new RpcError('failed', 'no such secret')]) {
    const { responder, envoy, machine } = await setUp(t, { plain: 'x', conf: ref('vigo/db/dsn') });
    await envoy.checkIn();
    responder.refusals.ResolveSecrets = [refusal];
    const run = await envoy.converge(going);
    t.match(run, { resolved: false, report: { results: [] } });
    t.match(run?.report.failure, refusal.message);
    t.notOk(existsSync(join(machine, 'plain')));
    await envoy.deliver();
    t.match(responder.reports, [{ failure: run?.report.failure }]);
  }
});

t.test('an answer that the policy key did not seal for this request aborts the run', async (t) => {
  const { responder, envoy, machine } = await setUp(t);
  await envoy.checkIn();
  responder.alter = (method, bytes) => {
    if (method !== 'ResolveSecrets') return bytes;
    const answer = decodeSealedAnswer(bytes);
    return encodeSealedAnswer({ ...answer, secretsEpoch: answer.secretsEpoch + 1 });
  };
  t.match(await envoy.converge(going), { resolved: false, report: { results: [], failure: /signed/ } });
  t.notOk(existsSync(join(machine, 'conf')));
});

t.test('an answer of an earlier epoch than the policy is refused', async (t) => {
  const { responder, envoy, machine } = await setUp(t);
  await envoy.checkIn();
  responder.epoch--;
  t.match(await envoy.converge(going), { resolved: false, report: { results: [] } });
  t.notOk(existsSync(join(machine, 'conf')));
});

t.test('a secret without a value aborts the run', async (t) => {
  const { envoy, responder } = await setUp(t);
  responder.secrets.clear();
  await envoy.checkIn();
  t.match(await envoy.converge(going), { resolved: false, report: { results: [], failure: /vigo\/db\/dsn/ } });
});

t.test('a bundle that is stale is fetched again, three times at most', async (t) => {
  const { responder, envoy, outcomes, read } = await setUp(t);
  await envoy.checkIn();
  responder.meanwhile = () => {
    if (responder.version < 3) responder.version++;
  };
  t.same(await outcomes(envoy), ['conf changed']);
  t.equal(read('conf'), `dsn=${CANARY}\n`);
  t.equal(envoy.head?.policyVersion, 3);

  responder.setSecret('vigo/db/dsn', 'next');
  await envoy.checkIn();
  responder.calls.length = 0;
  responder.meanwhile = () => responder.version++;
  t.match(await envoy.converge(going), { resolved: false, report: { results: [] } });
  t.equal(responder.calls.filter((call) => call === 'CheckIn').length, 3);
});

t.test('while the server is away, it converges to what it holds and reports afterwards (S6)', async (t) => {
  const { responder, envoy, machine, outcomes, read } = await setUp(t);
  await envoy.checkIn();
  await outcomes(envoy);
  responder.isAway = true;
  await t.rejects(envoy.checkIn(), { code: 'unavailable' });
  writeFileSync(join(machine, 'conf'), 'spoilt');
  t.same(await outcomes(envoy), ['conf changed']);
  t.equal(read('conf'), `dsn=${CANARY}\n`);
  await t.rejects(envoy.deliver(), { code: 'unavailable' });
  responder.isAway = false;
  await envoy.deliver();
  t.equal(responder.reports.length, 2);
});

t.test(
  'cold start, server away: what needs no secret converges, the rest fails loudly and follows (D5a)',
  async (t) => {
    const { responder, envoy, machine, start, outcomes } = await setUp(t, { plain: 'x', conf: ref('vigo/db/dsn') });
    await envoy.checkIn();
    responder.isAway = true;
    const { envoy: restarted } = await start();
    t.same(await outcomes(restarted), ['plain changed', 'conf failed']);
    t.notOk(existsSync(join(machine, 'conf')));
    responder.isAway = false;
    t.same(await outcomes(restarted), ['plain unchanged', 'conf changed']);
  },
);

t.test('a server that has too much to do counts as away: what needs no secret converges', async (t) => {
  const { responder, envoy, outcomes } = await setUp(t, { plain: 'x', conf: ref('vigo/db/dsn') });
  await envoy.checkIn();
  responder.refusals.ResolveSecrets = [new Rejection('busy', 'too many calls')];
  t.same(await outcomes(envoy), ['plain changed', 'conf failed']);
  t.same(await outcomes(envoy), ['plain unchanged', 'conf changed']);
});

t.test('values of an earlier epoch are not used for a later one (D5)', async (t) => {
  const { responder, envoy, outcomes, read } = await setUp(t);
  await envoy.checkIn();
  await outcomes(envoy);
  responder.setSecret('vigo/db/dsn', 'next');
  await envoy.checkIn();
  responder.isAway = true;
  t.same(await outcomes(envoy), ['conf failed']);
  t.equal(read('conf'), `dsn=${CANARY}\n`, 'what is on the machine stays');
});

t.test('a rollback is refused, also after a restart, and what was held stays in force', async (t) => {
  const { responder, start, envoy } = await setUp(t);
  Object.assign(responder, { version: 9, epoch: 90 });
  await envoy.checkIn();
  const { envoy: restarted } = await start();
  t.match(restarted.head, { policyVersion: 9, secretsEpoch: 90 });
  for (const older of [
    { version: 8, epoch: 90 },
    { version: 9, epoch: 89 },
  ]) {
    Object.assign(responder, older);
    for (const each of [envoy, restarted]) await t.rejects(each.checkIn(), { room: 'agent', code: 'rollback' });
  }
  t.match((await start()).envoy.head, { policyVersion: 9, secretsEpoch: 90 });
});

t.test('a server that offers something older is shown what is held, and may go on above it', async (t) => {
  const { responder, envoy, outcomes } = await setUp(t);
  const shown: string[] = [];
  responder.whenShown = ({ head }) => {
    shown.push(toHex(head));
    Object.assign(responder, { version: 10, epoch: 91 });
  };
  Object.assign(responder, { version: 9, epoch: 90 });
  await envoy.checkIn();
  const { head } = (await responder.bundle())?.head ?? { head: new Uint8Array() };
  Object.assign(responder, { version: 3, epoch: 30 });
  t.match(await envoy.checkIn(), { changed: true });
  t.match(envoy.head, { policyVersion: 10, secretsEpoch: 91 });
  t.equal(shown.length, 1, 'once');
  t.equal(shown[0]?.length, 2 * head.length);
  t.same(await outcomes(envoy), ['conf changed'], 'and it gets its secrets');
  await envoy.checkIn();
  t.same(responder.calls.filter((method) => method === 'CheckIn').length, 4, 'nothing is shown any more');
});

t.test('what a thief of the policy key made an envoy accept is gone once it followed the successor', async (t) => {
  const { responder, follower, envoy, outcomes, read } = await setUp(t);
  const end = Number.MAX_SAFE_INTEGER - 2;
  Object.assign(responder, { version: end, epoch: end });
  await envoy.checkIn();
  await outcomes(envoy);
  Object.assign(responder, { version: 5, epoch: 50 });
  responder.secrets.set(parseKeyName('vigo/db/dsn'), { version: 1, value: 'the true one' });
  const pinned = await responder.replaceKey();
  follower.mend = async () => {
    Object.assign(follower, { pinned, previous: follower.pinned });
    return true;
  };
  t.match(await envoy.checkIn(), { changed: true });
  t.match(envoy.head, { policyVersion: 5, secretsEpoch: 50 });
  t.same(await outcomes(envoy), ['conf changed'], 'although the version is the same');
  t.equal(read('conf'), 'dsn=the true one\n');
});

t.test('a generation that the policy key did not sign for the request is not kept', async (t) => {
  const { responder, envoy } = await setUp(t);
  const handed = async (generation: Uint8Array, alter: Responder['alter']) => {
    Object.assign(responder, { generation, alter });
    await envoy.checkIn();
  };
  await handed(Buffer.alloc(40, 1), (_, answer) => answer);
  const forged = { constructor: WireError, code: 'forged' };
  await t.rejects(
    handed(Buffer.alloc(40, 2), (_, answer) => {
      const { generation, ...rest } = decodeCheckInAnswer(answer);
      if (generation === undefined) throw new Error('no generation was handed out');
      return encodeCheckInAnswer({ ...rest, generation: { ...generation, generation: Buffer.alloc(40, 3) } });
    }),
    forged,
  );
  let earlier: Uint8Array | undefined;
  await handed(Buffer.alloc(40, 4), (_, answer) => (earlier = Uint8Array.from(answer)));
  await t.rejects(
    handed(Buffer.alloc(40, 5), () => earlier ?? new Uint8Array()),
    forged,
    'the answer to another request',
  );
  responder.alter = (_, answer) => answer;
  await envoy.checkIn();
  t.same(
    responder.quoted.map((quoted) => quoted?.[0]),
    [undefined, 1, 1, 4, 4],
    'what was stored last is quoted',
  );
});

t.test('a forged policy is refused and not kept', async (t) => {
  const { responder, envoy, start } = await setUp(t);
  responder.alter = (_, bytes) => {
    const flipped = Uint8Array.from(bytes);
    const at = flipped.length >> 1;
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    return flipped;
  };
  await t.rejects(envoy.checkIn());
  t.equal(envoy.head, undefined);
  t.equal((await start()).envoy.head, undefined);
});

t.test('one resource that fails does not hold up the others, and its message holds no secret', async (t) => {
  const { responder, envoy, machine, lines } = await setUp(t);
  const command = (name: string, line: string, stdin?: string): Resource => ({
    type: 'exec',
    name,
    command: line,
    timeout: '1m',
    ...(stdin === undefined ? {} : { stdin }),
  });
  responder.resources = [
    command('leaky', 'cat; base64 /proc/self/fd/0; exit 1', ref('vigo/db/dsn')),
    file(join(machine, 'no/folder'), 'nowhere', 'x'),
    command('works', 'true'),
    file(join(machine, 'last'), 'last', ref('vigo/db/dsn')),
    command('reader', `cat ${machine}/last; exit 1`),
  ];
  await envoy.checkIn();
  const run = await envoy.converge(going);
  t.same(
    run?.report.results.map(({ outcome }) => outcome),
    ['failed', 'failed', 'changed', 'changed', 'failed'],
  );
  t.match(run?.report.results[0]?.message, /exited with 1 \(/);
  t.match(run?.report.results[4]?.message, /exited with 1: \[secret\]/);
  t.match(run?.report.results[1]?.message, join(machine, 'no'));
  t.notMatch(JSON.stringify(run) + lines.join(), CANARY);
});

t.test('the guardrails hold on the agent, also for a way through a link', async (t) => {
  const { dir, responder, envoy, machine, outcomes } = await setUp(t);
  chmodSync(machine, 0o755);
  symlinkSync('../own', join(machine, 'link'));
  responder.resources = [
    file(join(dir, 'own/identity.json'), 'direct', 'x'),
    file(join(machine, 'link/identity.json'), 'linked', 'x'),
    { type: 'exec', name: 'command', command: `rm -rf ${dir}/own`, timeout: '1m' },
    { type: 'exec', name: 'condition', command: 'true', onlyif: `rm -rf ${dir}/own`, timeout: '1m' },
  ];
  await envoy.checkIn();
  t.same(await outcomes(envoy), ['direct failed', 'linked failed', 'command failed', 'condition failed']);
  t.ok(existsSync(join(dir, 'own')));
  t.notOk(existsSync(join(dir, 'own/identity.json')));
});

/** A file with a secret, and a command that fails and quotes it, as a parser of settings does. */
async function setUpQuote(t: Test) {
  const it = await setUp(t);
  const conf = join(it.machine, 'conf');
  const quote = { type: 'exec', name: 'quote', timeout: '1m' } as const;
  it.responder.resources = [
    file(conf, 'conf', `${ref('vigo/db/dsn')}\n`),
    { ...quote, command: `echo "parse error: $(head -1 ${conf})"; exit 3` },
  ];
  const quoted = async (envoy: Envoy, options = going) => {
    const run = await envoy.converge(options);
    return run?.report.results.find(({ resource }) => resource === 'quote')?.message;
  };
  return { ...it, quote, quoted };
}

t.test('a command that quotes a secret which this process does not hold is not quoted', async (t) => {
  const { machine, responder, envoy, start, quote, quoted, lines } = await setUpQuote(t);
  await envoy.checkIn();
  t.equal(await quoted(envoy), 'the command exited with 3: parse error: [secret]');
  const hidden = /^the command exited with 3 \(\d+ bytes of output aren't shown, .*could not be resolved\)$/;
  for (const refusal of [
    new Rejection('quarantine', 'quarantined'),
    new Rejection('clone', 'a clone'),
    new Rejection('busy', 'later'),
    new RpcError('unavailable', 'away'),
  ]) {
    responder.refusals.ResolveSecrets = [refusal];
    const { envoy: restarted } = await start();
    t.match(await quoted(restarted), hidden, refusal.message);
    await restarted.deliver();
  }
  t.equal(await quoted((await start()).envoy), 'the command exited with 3: parse error: [secret]', 'once it is held');

  responder.setSecret('vigo/db/dsn', CANARY);
  await envoy.checkIn();
  responder.isAway = true;
  t.match(await quoted(envoy), hidden, 'a value of an earlier epoch');
  const { envoy: away } = await start();
  t.match(await quoted(away), hidden, 'a start while the server is away');
  responder.isAway = false;
  await away.deliver();

  responder.resources = [
    { ...quote, command: 'true', onlyif: `cat ${machine}/conf; sleep 60`, timeout: '1s' },
    file(join(machine, 'other'), 'other', ref('vigo/other')),
  ];
  responder.version++;
  const { envoy: another } = await start();
  await another.checkIn();
  responder.refusals.ResolveSecrets = [new Rejection('quarantine', 'quarantined')];
  const timedOut = /^the onlyif was stopped after 1s \(\d+ bytes of output aren't shown, /;
  t.match(await quoted(another, { ...going, dryRun: true }), timedOut, 'a condition in a dry run');
  await another.deliver();
  t.notMatch(JSON.stringify(responder.reports) + lines.join(), CANARY);
});

t.test('a command that shows a secret which was replaced while the agent did not run is not quoted', async (t) => {
  const { responder, envoy, start, quoted, lines } = await setUpQuote(t);
  await envoy.checkIn();
  await quoted(envoy);
  await envoy.deliver();
  responder.resources = responder.resources?.toReversed(); // the command comes before the file
  responder.version++;
  responder.setSecret('vigo/db/dsn', 'second-9c1d');
  const { envoy: restarted } = await start();
  await restarted.checkIn();
  const hidden =
    /^the command exited with 3 \(\d+ bytes of output aren't shown, because the policy or a secret changed while/;
  await quoted(restarted, { ...going, dryRun: true }); // settles nothing
  t.match(await quoted(restarted), hidden, 'before the file is written');
  t.match(await quoted(restarted), 'parse error: [secret]', 'the present value is known');
  await restarted.deliver();
  t.notMatch(JSON.stringify(responder.reports) + lines.join(), CANARY);

  const { envoy: same } = await start();
  await same.checkIn();
  t.match(await quoted(same), 'parse error: [secret]', 'a start after which nothing changed');

  responder.resources = responder.resources?.filter(({ type }) => type === 'exec');
  responder.version++;
  await same.checkIn();
  responder.setSecret('vigo/other', 'third-5b2e');
  responder.version++;
  const { envoy: without } = await start();
  await without.checkIn();
  t.match(await quoted(without), 'parse error: ', 'a policy without secrets');
});

t.test('a report that waits is redacted again with the values that are held when it is sent', async (t) => {
  const { responder, envoy, quote } = await setUpQuote(t);
  responder.resources = [{ ...quote, command: `echo ${CANARY}; exit 1` }];
  await envoy.checkIn();
  const run = await envoy.converge(going);
  t.match(run?.report.results[0]?.message, CANARY, 'no policy says yet that this is a secret');
  responder.isAway = true;
  await t.rejects(envoy.deliver(), { code: 'unavailable' });
  responder.isAway = false;
  responder.resources = [file('/nowhere/conf', 'conf', ref('vigo/db/dsn'))];
  responder.version++;
  await envoy.checkIn();
  await envoy.converge(going);
  await envoy.deliver();
  t.equal(responder.reports.length, 2);
  t.match(responder.reports[0]?.results[0]?.message, /: \[secret\]$/);
  t.notMatch(JSON.stringify(responder.reports), CANARY);
});

t.test('a secret that was replaced is redacted until the machine has the new one and the report arrived', async (t) => {
  const { machine, responder, envoy, cache, quoted, outcomes } = await setUpQuote(t);
  const conf = join(machine, 'conf');
  await envoy.checkIn();
  await outcomes(envoy);
  await envoy.deliver();
  const service = join(machine, 'service');
  writeFileSync(service, readFileSync(conf));
  responder.resources = responder.resources?.map((resource) =>
    resource.type === 'exec' ? { ...resource, command: `cat ${service}; exit 3` } : resource,
  );
  rmSync(conf);
  mkdirSync(conf);
  for (const value of ['second-9c1d', 'third-5b2e']) {
    responder.setSecret('vigo/db/dsn', value);
    responder.version++;
    await envoy.checkIn();
    t.equal(await quoted(envoy), 'the command exited with 3: [secret]', `${value} could not be written`);
    await envoy.deliver();
  }
  rmSync(conf, { recursive: true });
  responder.isAway = true;
  await outcomes(envoy);
  await t.rejects(envoy.deliver());
  t.equal(cache.redaction.redact(`${CANARY} second-9c1d third-5b2e`), '[secret] [secret] [secret]');
  responder.isAway = false;
  await envoy.deliver();
  t.equal(cache.redaction.redact(`${CANARY} second-9c1d third-5b2e`), `${CANARY} second-9c1d [secret]`);
});

t.test('told to stop, it ends after the resource that is under way', async (t) => {
  const { responder, envoy, outcomes } = await setUp(t, { one: 'x', two: 'x' });
  await envoy.checkIn();
  const stop = new AbortController();
  stop.abort();
  t.same(await outcomes(envoy, { dryRun: false, signal: stop.signal }), ['one skipped', 'two skipped']);
  t.notOk(responder.calls.includes('ResolveSecrets'));
});

t.test('a policy without secrets asks for none and wipes those that were held', async (t) => {
  const { responder, envoy, cache, outcomes } = await setUp(t);
  await envoy.checkIn();
  await outcomes(envoy);
  const [value] = cache.valuesAt(0).values();
  responder.resources = [];
  responder.version++;
  await envoy.checkIn();
  await outcomes(envoy);
  t.equal(cache.redaction.redact(CANARY), '[secret]', 'the run that drops a value may show it');
  await envoy.deliver();
  t.throws(() => value?.expose(), TypeError);
  t.equal(cache.redaction.redact(CANARY), CANARY);
  t.equal(responder.asked.length, 1);
});

/** A command that notes each of its runs, and watches a secret that it isn't given. */
async function setUpWatch(t: Test) {
  const it = await setUp(t);
  const runs = join(it.machine, 'runs');
  const watcher = {
    type: 'exec',
    name: 'reload',
    command: `echo >> ${runs}`,
    timeout: '1m',
    watch_secret: [parseKeyGlob('vigo/tls')],
  } as const;
  it.responder.resources = [watcher];
  it.responder.setSecret('vigo/tls', CANARY);
  const count = () => (existsSync(runs) ? readFileSync(runs, 'utf8').length : 0);
  return { ...it, watcher, count };
}

t.test('what watches a secret is applied once, and once more for each change of it', async (t) => {
  const { responder, envoy, outcomes, count, start } = await setUpWatch(t);
  await envoy.checkIn();
  t.same(await outcomes(envoy, { ...going, dryRun: true }), ['reload would_change']);
  t.same(await outcomes(envoy), ['reload changed']);
  t.same(await outcomes(envoy), ['reload unchanged']);
  responder.setSecret('vigo/other', 'next');
  t.match(await envoy.checkIn(), { changed: true });
  t.same(await outcomes(envoy), ['reload unchanged'], 'a secret that it does not watch');
  const { envoy: restarted } = await start();
  t.same(await outcomes(restarted), ['reload unchanged'], 'a restart is no change');

  responder.setSecret('vigo/tls', 'next');
  responder.setSecret('vigo/tls', 'next but one');
  const { envoy: later } = await start();
  await later.checkIn();
  t.same(await outcomes(later), ['reload changed'], 'also one that was made while the agent was away');
  t.same(await outcomes(later), ['reload unchanged']);
  t.equal(count(), 2);
  t.same(responder.asked, [], 'the secret itself was never asked for');
});

t.test('what failed, and what its conditions kept back, is applied when it can be', async (t) => {
  const { dir, responder, envoy, outcomes, watcher, count } = await setUpWatch(t);
  const allowed = join(dir, 'allowed');
  for (const [resource, outcome] of [
    [{ ...watcher, command: 'false' }, 'failed'],
    [{ ...watcher, onlyif: `test -e ${allowed}` }, 'unchanged'],
  ] as const) {
    responder.resources = [resource];
    responder.version++;
    await envoy.checkIn();
    t.same(await outcomes(envoy), [`reload ${outcome}`]);
    t.same(await outcomes(envoy), [`reload ${outcome}`]);
  }
  writeFileSync(allowed, '');
  t.same(await outcomes(envoy), ['reload changed']);
  t.same(await outcomes(envoy), ['reload unchanged']);
  t.equal(count(), 1);
});

t.test('a crash between applying and remembering applies again, and so does a memory that was spoilt', async (t) => {
  const { dir, envoy, outcomes, count, start, lines } = await setUpWatch(t);
  await envoy.checkIn();
  await outcomes(envoy);
  rmSync(join(dir, 'watched'));
  t.same(await outcomes((await start()).envoy), ['reload changed']);
  writeFileSync(join(dir, 'watched'), 'spoilt', { mode: 0o600 });
  const { envoy: another } = await start();
  t.match(lines.join(), /applied once more/);
  t.same(await outcomes(another), ['reload changed']);
  t.same(await outcomes((await start()).envoy), ['reload unchanged']);
  t.equal(count(), 3);
});

/** A file with a secret, and a command that watches it, as a service that reads the file is restarted. */
async function setUpRestart(t: Test) {
  const it = await setUpWatch(t);
  const conf = join(it.machine, 'conf');
  const resources = [
    file(conf, 'conf', ref('vigo/db/dsn')),
    { ...it.watcher, watch_secret: [parseKeyGlob('vigo/db/dsn')] },
  ];
  it.responder.resources = resources;
  await it.envoy.checkIn();
  t.same(await it.outcomes(it.envoy), ['conf changed', 'reload changed']);
  const change = async (envoy: Envoy, value: string) => {
    it.responder.setSecret('vigo/db/dsn', value);
    await envoy.checkIn();
  };
  return { ...it, conf, resources, change };
}

t.test('a restart is not lost where the file that it is for could not be written', async (t) => {
  const { envoy, outcomes, conf, change, count, start } = await setUpRestart(t);
  rmSync(conf);
  mkdirSync(conf);
  await change(envoy, 'next-4e1b');
  for (const each of [envoy, (await start()).envoy]) {
    t.same(await outcomes(each), ['conf failed', 'reload skipped']);
  }
  const dryRun = await envoy.converge({ ...going, dryRun: true });
  t.match(dryRun?.report.results[1], { outcome: 'skipped', message: /^due, but waits for web\/conf, which did not/ });
  rmSync(conf, { recursive: true });
  t.same(await outcomes(envoy, { ...going, dryRun: true }), ['conf would_change', 'reload would_change']);
  t.same(await outcomes(envoy), ['conf changed', 'reload changed']);
  t.same(await outcomes(envoy), ['conf unchanged', 'reload unchanged']);
  t.equal(count(), 2);
});

t.test('a run that could not resolve clears nothing', async (t) => {
  for (const refusal of [
    new Rejection('quarantine', 'quarantined'),
    new Rejection('busy', 'later'),
    new RpcError('unavailable', 'away'),
    new Rejection('entitlement', 'not yours'),
  ]) {
    const { responder, envoy, outcomes, change, count, read } = await setUpRestart(t);
    await change(envoy, 'next-4e1b');
    responder.refusals.ResolveSecrets = [refusal];
    await outcomes(envoy);
    t.equal(count(), 1, refusal.message);
    t.same(await outcomes(envoy), ['conf changed', 'reload changed']);
    t.equal(read('conf'), 'next-4e1b');
    t.equal(count(), 2);
  }
});

t.test(
  'a command waits for every earlier resource that uses or watches one of its secrets, and for no other',
  async (t) => {
    const watch = (name: string, command: string, ...patterns: string[]): Resource => ({
      type: 'exec',
      name,
      command,
      timeout: '1m',
      watch_secret: patterns.map(parseKeyGlob),
    });
    const stdin: Resource = { type: 'exec', name: 'stdin', command: 'false', timeout: '1m', stdin: ref('vigo/db/dsn') };
    const { responder, envoy, outcomes } = await setUp(t);
    responder.resources = [
      watch('early', 'true', 'vigo/db/dsn'),
      stdin,
      watch('same', 'true', 'vigo/other', 'vigo/db/dsn'),
      watch('glob', 'true', 'vigo/d?/*'),
      watch('fails', 'false', 'shop/*/cert'),
      watch('overlaps', 'true', 'shop/tls/*'),
      watch('key', 'true', 'shop/tls/cert'),
      watch('another', 'true', 'other/dsn', 'shop/cert'),
    ];
    responder.marks = new Uint8Array(7 * 16);
    await envoy.checkIn();
    t.same(await outcomes(envoy), [
      'early changed',
      'stdin failed',
      'same skipped',
      'glob skipped',
      'fails failed',
      'overlaps skipped',
      'key skipped',
      'another changed',
    ]);
  },
);

t.test('what is due stays due where the server goes back to the mark of before', async (t) => {
  const { responder, envoy, outcomes, conf, count, start } = await setUpRestart(t);
  const [name, before] = [parseKeyName('vigo/db/dsn'), responder.secrets.get(parseKeyName('vigo/db/dsn'))];
  rmSync(conf);
  mkdirSync(conf);
  responder.setSecret(name, 'next-4e1b');
  await envoy.checkIn();
  t.same(await outcomes(envoy), ['conf failed', 'reload skipped']);
  rmSync(conf, { recursive: true });
  if (before !== undefined) responder.secrets.set(name, before);
  responder.epoch++;
  const { envoy: restarted } = await start();
  await restarted.checkIn();
  t.same(await outcomes(restarted), ['conf changed', 'reload changed']);
  t.equal(count(), 2);
});

t.test('a command is not run again and again where its run can not be remembered', async (t) => {
  const { dir, envoy, outcomes, change, count } = await setUpRestart(t);
  rmSync(join(dir, 'watched'));
  mkdirSync(join(dir, 'watched/in the way'), { recursive: true });
  await change(envoy, 'next-4e1b');
  for (const conf of ['changed', 'unchanged']) t.same(await outcomes(envoy), [`conf ${conf}`, 'reload failed']);
  t.equal(count(), 1);
  rmSync(join(dir, 'watched'), { recursive: true });
  t.same(await outcomes(envoy), ['conf unchanged', 'reload changed']);
  t.equal(count(), 2);
});

t.test('a clock that is wrong is said', async (t) => {
  const { responder, envoy, lines } = await setUp(t);
  responder.serverTimeMs = () => Date.now() + 3_600_000;
  await envoy.checkIn();
  t.match(lines.join(), /clock/);
});

t.test('an answer that is none', async (t) => {
  const { responder, envoy } = await setUp(t);
  responder.alter = () => Buffer.from('no');
  await t.rejects(envoy.checkIn(), { constructor: WireError, code: 'malformed' });
});

t.test('a quarantine is said at the next check-in, though every value is here', async (t) => {
  const { dir, responder, envoy } = await setUp(t);
  await envoy.checkIn();
  await envoy.converge(going);
  const known = async () => readContact(join(dir, 'contact'));
  t.same(await known(), { version: 1, troubles: [] }, 'an earlier server says nothing of it');
  responder.record = { hostName: parseHostName('renamed'), standing: 'cloned' };
  await envoy.checkIn();
  await envoy.converge(going);
  t.match(await known(), { troubles: [{ task: 'standing', reason: 'clone' }], known_as: { host_name: 'renamed' } });
});
