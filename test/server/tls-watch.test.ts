import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import { replaceTogether } from '../../lib/files/index.js';
import { encodeTrustFile, endOfChain } from '../../lib/identity/index.js';
import { generateCa, issueServerCertificate } from '../../lib/pki/index.js';
import { readTlsFiles } from '../../lib/server/trust/tls-files.js';
import { TlsWatch } from '../../lib/server/trust/tls-watch.js';
import { type SignedStatement, signStatement } from '../../lib/wire/index.js';
import { pemOf } from '../pki/test-pki.js';

const clock = systemClock;
const NAMES = ['ca', 'ca_key', 'cert', 'key'] as const;
const ca = generateCa({ commonName: 'test CA', days: 30, clock });
const otherCa = generateCa({ commonName: 'test CA', days: 30, clock });
const filesOf = (authority: typeof ca) => {
  const server = issueServerCertificate({ ca: authority, names: [], days: 10, clock });
  const { certificatePem, key } = authority;
  return { ca: certificatePem, ca_key: pemOf(key), cert: server.certificatePem, key: pemOf(server.key) };
};
const FIRST = filesOf(ca);

/** What a server has in use, with a look at the files whenever a test says so. */
async function setUp(t: Test) {
  const dir = t.testdir(FIRST);
  const path = (name: string) => join(dir, name);
  const paths = {
    ...{ ca: path('ca'), caKey: path('ca_key'), cert: path('cert'), key: path('key') },
    trust: path('trust'),
  };
  const used: string[] = [];
  const problems: unknown[] = [];
  const watch = new TlsWatch({
    paths,
    files: await readTlsFiles(paths),
    onChange: async ({ certificatePem }) => void used.push(certificatePem),
    onProblem: (problem) => void problems.push(problem),
  });
  const write = (name: string, text: string) => writeFileSync(path(name), text);
  return { dir, watch, used, problems, write };
}

t.test('nothing changed, nothing happens', async (t) => {
  const { watch, used, problems, write } = await setUp(t);
  await watch.look();
  write('cert', FIRST.cert);
  await watch.look();
  t.same([used, problems], [[], []]);
  t.equal(watch.ca.certificatePem, ca.certificatePem);
});

t.test('file by file: until they fit together again, what was there before stays in use', async (t) => {
  for (const next of [filesOf(ca), filesOf(otherCa)]) {
    const { watch, used, problems, write } = await setUp(t);
    const changed = NAMES.filter((name) => FIRST[name] !== next[name]);
    for (const name of changed.slice(0, -1)) {
      write(name, next[name]);
      await watch.look();
      t.equal(watch.files.certificatePem, FIRST.cert, `${name} alone`);
    }
    t.same(used, []);
    t.match(problems[0], { name: 'ServerError', code: 'bad_certificate' });
    const said = problems.length;
    await watch.look();
    t.equal(problems.length, said, 'it is said once');
    write('key', next.key);
    await watch.look();
    t.same(used, [next.cert]);
    t.equal(watch.ca.certificatePem, next.ca);
  }
});

t.test('junk, an empty file, or none', async (t) => {
  for (const text of ['', 'junk', FIRST.cert + FIRST.cert]) {
    const { watch, used, problems, write } = await setUp(t);
    write('cert', text);
    await watch.look();
    t.same(used, []);
    t.equal(problems.length, 1);
    t.equal(watch.files.certificatePem, FIRST.cert);
  }
});

t.test('replaced together, all four are taken at once', async (t) => {
  const { dir, watch, used, problems } = await setUp(t);
  const next = filesOf(otherCa);
  const bytes = Object.entries(next).map(([name, text]) => [name, Buffer.from(text)]);
  const looks: Promise<void>[] = [];
  const replacing = replaceTogether(dir, Object.fromEntries(bytes));
  for (let i = 0; i < 20; i++) looks.push(watch.look());
  await Promise.all([replacing, ...looks]);
  await watch.look();
  t.same(used, [next.cert]);
  t.same(problems, [], 'nobody ever saw them half written');
});

t.test('it notices by itself', async (t) => {
  const { watch, used, write } = await setUp(t);
  await watch.start();
  t.teardown(() => watch.stop());
  const { cert, key } = filesOf(ca);
  write('cert', cert);
  write('key', key);
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (used.length === 0) return;
      clearInterval(timer);
      resolve();
    }, 20);
  });
  t.same(used, [cert]);
});

t.test('the CAs that count change, and are never those of an earlier chain', async (t) => {
  const { watch, used, problems, write } = await setUp(t);
  const key = (await loadEd25519()).generateSigner();
  const raw = ({ certificatePem }: typeof ca) => new X509Certificate(certificatePem).raw;
  const chain: SignedStatement[] = [];
  for (const authorities of [[raw(otherCa), raw(ca)], [raw(ca)]]) {
    const { number, head: previous } = await endOfChain(chain, key.publicKey);
    const keys = { policyKey: key.publicKey, checkpointKey: key.publicKey };
    const statement = { trustDomain: 'vigo-test', number: number + 1, previous, ...keys, authorities, issuedAtMs: 1 };
    chain.push(await signStatement(statement, key, key));
  }
  const chains = [chain.slice(0, 1), chain].map(encodeTrustFile) as [string, string];
  t.same(watch.files.authorities, [ca.certificatePem]);
  write('trust', chains[0]);
  await watch.look();
  t.same(watch.files.authorities, [otherCa.certificatePem, ca.certificatePem]);
  write('trust', chains[1]);
  await watch.look();
  t.same(watch.files.authorities, [ca.certificatePem]);
  t.equal(used.length, 2);
  write('trust', chains[0]);
  await watch.look();
  t.same(watch.files.authorities, [ca.certificatePem]);
  t.match(problems, [{ name: 'ServerError', code: 'stepped_back' }]);
});

t.test('takes the next certificate after a report of a problem failed', async (t) => {
  const dir = t.testdir(FIRST);
  const path = (name: string) => join(dir, name);
  const paths = { ca: path('ca'), caKey: path('ca_key'), cert: path('cert'), key: path('key'), trust: path('trust') };
  const used: string[] = [];
  const watch = new TlsWatch({
    paths,
    files: await readTlsFiles(paths),
    onChange: async ({ certificatePem }) => void used.push(certificatePem),
    onProblem: () => {
      throw new Error('the log is on a full disk');
    },
  });
  writeFileSync(path('cert'), 'junk');
  await watch.look().catch(() => {});
  const { cert, key } = filesOf(ca);
  writeFileSync(path('cert'), cert);
  writeFileSync(path('key'), key);
  await watch.look();
  t.same(used, [cert]);
});

t.test('tries again when a certificate could not be taken into use', async (t) => {
  const dir = t.testdir(FIRST);
  const path = (name: string) => join(dir, name);
  const paths = { ca: path('ca'), caKey: path('ca_key'), cert: path('cert'), key: path('key'), trust: path('trust') };
  const tries: string[] = [];
  const problems: unknown[] = [];
  const watch = new TlsWatch({
    paths,
    files: await readTlsFiles(paths),
    onChange: async ({ certificatePem }) => {
      if (tries.push(certificatePem) === 1) throw new Error('no space left');
    },
    onProblem: (problem) => void problems.push(problem),
  });
  const { cert, key } = filesOf(ca);
  writeFileSync(path('cert'), cert);
  writeFileSync(path('key'), key);
  await watch.look();
  await watch.look();
  await watch.look();
  t.same(tries, [cert, cert]);
  t.equal(problems.length, 1);
});
