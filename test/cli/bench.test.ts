import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { toHex } from '../../lib/base/index.js';
import type { Engine } from '../../lib/cli/bench/engine.js';
import { loadNode } from '../../lib/cli/bench/engines/node.js';
import { loadVigo } from '../../lib/cli/bench/engines/vigo.js';
import { featuresOf } from '../../lib/cli/bench/machine.js';
import { choosePrimitives } from '../../lib/cli/bench/primitives.js';
import { measureInProcess } from '../../lib/cli/bench/processes.js';
import { parseReport, type Report } from '../../lib/cli/bench/report.js';
import { sampleWork } from '../../lib/cli/bench/sampling.js';
import { summarize } from '../../lib/cli/bench/statistics.js';
import { root } from '../rules/source-graph.js';

const vigo = await loadVigo();

/** Runs the real program, which is told of a home that isn't there. */
function vigocli(home: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/vigocli.mjs'), 'bench', ...args], {
    encoding: 'utf8',
    env: { VIGO_HOME: home },
  });
  return { status, stdout, stderr };
}

t.test('a report is made without a vault, read again, and compared', async (t) => {
  const folder = t.testdir();
  const home = join(folder, 'none');
  const quick = ['--quick', '--only', 'hkdf-sha-256'];
  const { status, stdout, stderr } = vigocli(home, ...quick, '--only', 'random', '--json');
  t.equal(status, 0, stderr);
  t.equal(stderr, '', 'no progress where there is no terminal');
  const report = parseReport('stdout', stdout);
  t.same([...new Set(report.rows.map(({ primitive }) => primitive))], ['hkdf-sha-256', 'random']);
  t.same(
    report.engines.slice(0, 2).map(({ name }) => name),
    ['vigo', 'node:crypto'],
  );
  for (const { times } of report.rows) {
    for (const { median_ns, lower_quartile_ns, upper_quartile_ns, process_medians_ns } of times) {
      t.ok(lower_quartile_ns <= median_ns && median_ns <= upper_quartile_ns);
      t.same(process_medians_ns, [median_ns]);
    }
  }
  const file = join(folder, 'there.json');
  writeFileSync(file, stdout);
  const compared = vigocli(home, ...quick, '--compare', file);
  t.equal(compared.status, 0, compared.stderr);
  t.match(compared.stdout, /^hkdf-sha-256 +derive 32 B +vigo +\S+ .s +\S+ .s +\S+×$/m);
  t.notMatch(compared.stdout, /^random/m);
  t.notOk(existsSync(home));
});

t.test('what is wrong on the command line', async (t) => {
  const folder = t.testdir({ 'not.json': '{', 'other.json': '{"format":"vigo/bench/v9"}' });
  const wrong: [status: number, ...args: string[]][] = [
    [2, '--only', 'rot13'],
    [2, '--only'],
    [2, '--fast'],
    [2, '--json', '--compare', join(folder, 'not.json')],
    [4, '--compare', join(folder, 'none.json')],
    [1, '--compare', join(folder, 'not.json')],
    [1, '--compare', join(folder, 'other.json')],
  ];
  for (const [expected, ...args] of wrong) {
    const { status, stdout, stderr } = vigocli(folder, ...args);
    t.same({ status, stdout }, { status: expected, stdout: '' }, args.join(' '));
    t.match(stderr, /^error: /);
  }
  t.match(vigocli(folder, '--only', 'rot13').stderr, /hint: .*aes-256-gcm, .*x-wing/);
});

t.test('this core and node:crypto agree on everything', async (t) => {
  for (const primitive of choosePrimitives([])) {
    const works = primitive.works([vigo, loadNode()]);
    t.equal(new Set(works.map(({ name }) => name)).size, works.length, `${primitive.name} names its rows apart`);
    for (const work of works) await t.resolves(work.check(), `${primitive.name} ${work.name}`);
  }
});

t.test('an engine that computes wrongly is found before anything is timed', async (t) => {
  const honest = { ...vigo } as Required<Engine>;
  const liars: Record<string, Omit<Engine, 'name' | 'version'>> = {
    'aes-256-gcm': { aes256Gcm: (key) => honest.aes256Gcm(key.toReversed()) },
    argon2id: { argon2id: (_, salt) => new Uint8Array([...salt, ...salt]) },
    ed25519: { ed25519: (seed) => honest.ed25519(seed.toReversed()) },
    'sha-256': { sha256: { ...honest.sha256, digest: () => new Uint8Array(32) } },
    'hmac-sha-256': { hmacSha256: (key, data) => honest.hmacSha256(data, key) },
    'hkdf-sha-256': { hkdfSha256: (secret, salt, _, bytes) => honest.hkdfSha256(secret, salt, salt, bytes) },
    'x-wing': {
      xWing: {
        generateKeyPair: () => honest.xWing.generateKeyPair(),
        encapsulate: (publicKey) => honest.xWing.encapsulate(publicKey),
        decapsulate: () => new Uint8Array(32),
      },
    },
    random: { randomBytes: (length) => new Uint8Array(length) },
  };
  for (const primitive of choosePrimitives([])) {
    const liar = { name: 'liar', version: '0', ...liars[primitive.name] };
    const [first, ...others] = primitive.works([vigo, liar]).map((work) => work.check());
    await t.rejects(first ?? Promise.resolve(), { code: 'engines_disagree' }, primitive.name);
    await Promise.allSettled(others);
  }
});

t.test('an engine that opens forgeries, or accepts any signature, is found too', async (t) => {
  const { aes256Gcm, ed25519 } = vigo as Required<Engine>;
  const plaintexts = new Map<string, Uint8Array>();
  const nonceOf = (sealed: Uint8Array) => toHex(sealed.subarray(0, 12));
  const gullible: Engine = {
    name: 'gullible',
    version: '0',
    aes256Gcm: (key) => ({
      seal(text, aad) {
        const sealed = aes256Gcm(key).seal(text, aad);
        plaintexts.set(nonceOf(sealed), text);
        return sealed;
      },
      open: (sealed) => plaintexts.get(nonceOf(sealed)) ?? sealed,
    }),
    ed25519: (seed) => ({ sign: (message) => ed25519(seed).sign(message), verify: () => true }),
  };
  for (const [name, row] of [
    ['aes-256-gcm', 'open 16 B'],
    ['ed25519', 'verify 300 B'],
  ] as const) {
    const works = choosePrimitives([name]).flatMap((primitive) => primitive.works([vigo, gullible]));
    const work = works.find((work) => work.name === row);
    await t.rejects(async () => work?.check(), { code: 'engines_disagree' }, name);
  }
});

t.test('engines take turns, in every round', async (t) => {
  const calls: string[] = [];
  const lanes = [
    { engine: 'a', run: () => calls.push('a') },
    { engine: 'b', run: async () => calls.push('b') },
  ];
  const work = { name: 'count', lanes, check: async () => {} };
  const samples = await sampleWork(work, { processes: 1, rounds: 4, batchMs: 0.05, rowMs: 1000 });
  t.same(
    samples.map(({ engine, ns }) => [engine, ns.length, ns.every((time) => time > 0)]),
    [
      ['a', 4, true],
      ['b', 4, true],
    ],
  );
  const turns = calls.filter((engine, i) => engine !== calls[i - 1]);
  t.equal(turns.join(''), 'ab'.repeat(5), 'once to warm up, then four times');
});

t.test('all figures of a row come from the least disturbed process', async (t) => {
  const process = (a: number[], b: number[]) => [
    { engine: 'a', ns: a },
    { engine: 'b', ns: b },
  ];
  // The first is the best for a alone, the second for both together.
  const times = summarize([
    process([1, 9, 2], [90, 80, 70]),
    process([5, 3, 4], [6, 9, 8]),
    process([7, 7, 7], [9, 9, 9]),
  ]);
  t.same(times, [
    { engine: 'a', median_ns: 4, lower_quartile_ns: 3, upper_quartile_ns: 4, process_medians_ns: [2, 4, 7] },
    { engine: 'b', median_ns: 8, lower_quartile_ns: 6, upper_quartile_ns: 8, process_medians_ns: [80, 8, 9] },
  ]);
});

t.test('a report with anything left out, added or of another type is refused', async (t) => {
  const report: Report = {
    format: 'vigo/bench/v1',
    vigo: '0.1.0',
    at: '2026-01-01T00:00:00.000Z',
    machine: { processor: 'p', processors: 2, arch: 'x64', platform: 'linux', release: '6', features: ['aes'] },
    node: { version: 'v20.20.2', v8: '11', openssl: '3' },
    kernel: { build: 'simd', sha256: '00' },
    engines: [{ name: 'vigo', version: '0.1.0' }],
    processes: 1,
    rows: [
      {
        primitive: 'random',
        work: 'draw 12 B',
        times: [{ engine: 'vigo', median_ns: 1, lower_quartile_ns: 1, upper_quartile_ns: 1, process_medians_ns: [1] }],
      },
    ],
  };
  t.same(parseReport('r', JSON.stringify(report)), report);
  let members = 0;
  const visit = (node: Record<string, unknown>, path: string) => {
    const refused = (what: string) =>
      t.throws(() => parseReport('r', JSON.stringify(report)), { code: 'bad_report' }, what);
    for (const [name, value] of Object.entries(node)) {
      const where = `${path}${name}`;
      members++;
      delete node[name];
      if (!Array.isArray(node)) refused(`without ${where}`);
      node[name] = { nonsense: true };
      refused(`another type of ${where}`);
      node[name] = value;
      if (typeof value === 'object' && value !== null) visit(value as Record<string, unknown>, `${where}.`);
    }
    if (Array.isArray(node)) return;
    node.surplus = 1;
    refused(`something added at ${path}`);
    delete node.surplus;
  };
  visit(report as unknown as Record<string, unknown>, '');
  t.ok(members > 30);
});

t.test('a measuring process that dies fails the run', async (t) => {
  const folder = t.testdir({ 'dies.mjs': 'process.send({ row: 0, samples: [] }); process.exitCode = 3;' });
  const [node = '', ...others] = process.argv;
  t.teardown(() => {
    process.argv = [node, ...others];
  });
  process.argv = [node, join(folder, 'dies.mjs')];
  const started: number[] = [];
  await t.rejects(
    measureInProcess(2, (row) => started.push(row)),
    { code: 'bench_failed' },
  );
  t.same(started, [0, 1]);
});

t.test('the instruction sets that matter, on x64 and on ARM', async (t) => {
  const x64 = 'model name\t: x\nflags\t\t: fpu avx aes sha_ni\n\nflags\t\t: gfni\n';
  t.same(featuresOf(x64, 'x64'), ['avx', 'aes', 'sha_ni']);
  t.same(featuresOf(x64, 'arm64'), [], 'what an emulator shows of the machine below it');
  t.same(featuresOf('Features\t: fp asimd aes pmull sha2 crc32\n', 'arm64'), ['aes', 'asimd', 'pmull', 'sha2']);
  t.same(featuresOf('', 'x64'), []);
});
