import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, lstatSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AgentError } from '../../lib/agent/errors.js';
import { readIdentity, readTlsFiles } from '../../lib/agent/held/identity-files.js';
import { type AgentPaths, agentPaths } from '../../lib/agent/held/paths.js';
import { enroll } from '../../lib/agent/identity/enroll.js';
import { parseHostName, systemClock, toBase64Url } from '../../lib/base/index.js';
import { IdentityError } from '../../lib/identity/index.js';
import { issueEnvoyCertificate, issueServerCertificate } from '../../lib/pki/index.js';
import { CA_PATH, ENROLL_PATH } from '../../lib/wire/index.js';
import { pemOf } from '../pki/test-pki.js';
import {
  type Behaviour,
  ENVOY_ID,
  type EnrollmentServer,
  makeAuthority,
  startEnrollmentServer,
  TRUST_DOMAIN,
} from './enrollment-server.js';

const hostName = parseHostName('web-1.example.org');

interface Setup {
  readonly server: EnrollmentServer;
  readonly paths: AgentPaths;
  enroll(changes?: { server?: string; token?: string; again?: boolean }): ReturnType<typeof enroll>;
}

async function setUp(t: Test, behaviour?: Behaviour): Promise<Setup> {
  const server = await startEnrollmentServer(behaviour);
  t.teardown(() => server.close());
  const dir = t.testdir({});
  const paths = agentPaths(join(dir, 'config/envoy'), join(dir, 'state'));
  const order = { server: server.url, token: server.token, hostName };
  return { server, paths, enroll: (changes = {}) => enroll({ ...order, ...changes }, paths) };
}

/** Nothing secret went out: no request for enrollment was ever made. */
async function refusedBeforeSending(
  t: Test,
  behaviour: Behaviour,
  expected: { code: string; constructor?: unknown },
): Promise<void> {
  const { server, paths, enroll } = await setUp(t, behaviour);
  await t.rejects(enroll(), expected);
  t.same(server.requests, []);
  t.equal(await readIdentity(paths), undefined);
}

t.test('a machine becomes an envoy', async (t) => {
  const { server, paths, enroll } = await setUp(t);
  const identity = await enroll();
  const port = Number(new URL(server.url).port);
  t.match(identity, { envoyId: ENVOY_ID, hostName, trustDomain: TRUST_DOMAIN, serverName: 'localhost' });
  t.equal(identity.serverAddress, 'localhost:1530');
  t.same(await readIdentity(paths), identity);
  t.same(server.paths, [CA_PATH, ENROLL_PATH], `on port ${port}`);

  t.equal(lstatSync(paths.configDir).mode & 0o777, 0o700);
  for (const file of [paths.identity, paths.signingSeed, paths.tls, paths.ca]) {
    t.equal(lstatSync(file).mode & 0o777, 0o600, file);
  }
  t.notMatch(readFileSync(paths.identity, 'utf8'), server.token.slice(5, 20), 'the token is used up, and not kept');
  const tls = await readTlsFiles(paths);
  t.equal(tls.caPem, new X509Certificate(server.authority.ca.certificatePem).toString());

  await t.rejects(enroll(), { constructor: AgentError, code: 'already_enrolled' });
  t.equal(server.requests.length, 1);
});

t.test('a lost answer is asked for again with the same identity', async (t) => {
  const { server, paths, enroll } = await setUp(t, { reply: (attempt) => (attempt === 1 ? 'break' : undefined) });
  await t.rejects(enroll(), { code: 'unreachable' });
  t.equal(await readIdentity(paths), undefined);
  await enroll();
  const [first, second] = server.requests;
  t.equal(first?.ed25519_public_key, second?.ed25519_public_key);
  t.not(
    first?.tls_public_key,
    second?.tls_public_key,
    'and a key for TLS that was never on a disk without its certificate',
  );
});

t.test('a crash before the identity is written leaves a machine that can enroll again', async (t) => {
  const { paths, enroll } = await setUp(t);
  await enroll();
  unlinkSync(paths.identity);
  await enroll();
  t.match(await readIdentity(paths), { envoyId: ENVOY_ID });
});

t.test('another CA than the token pins', (t) => {
  const rogue = makeAuthority();
  return refusedBeforeSending(t, { caPem: rogue.ca.certificatePem }, { constructor: IdentityError, code: 'wrong_ca' });
});

t.test('the pinned CA shown by somebody who has another one', (t) => {
  const rogue = makeAuthority();
  const tls = { cert: rogue.server.certificatePem, key: pemOf(rogue.server.key) };
  return refusedBeforeSending(t, { tls }, { constructor: AgentError, code: 'untrusted' });
});

t.test("the right CA's certificate appended to a rogue chain", (t) => {
  const authority = makeAuthority();
  const rogue = makeAuthority();
  const chain = rogue.server.certificatePem + rogue.ca.certificatePem + authority.ca.certificatePem;
  return refusedBeforeSending(
    t,
    { authority, tls: { cert: chain, key: pemOf(rogue.server.key) } },
    { constructor: AgentError, code: 'untrusted' },
  );
});

t.test('a second CA riding along with the pinned one is trusted by nobody', (t) => {
  const authority = makeAuthority();
  const rogue = makeAuthority();
  const tls = { cert: rogue.server.certificatePem, key: pemOf(rogue.server.key) };
  const caPem = authority.ca.certificatePem + rogue.ca.certificatePem;
  return refusedBeforeSending(t, { authority, tls, caPem }, { code: 'untrusted' });
});

t.test("an envoy's certificate is no server's", async (t) => {
  const authority = makeAuthority();
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const { certificatePem } = issueEnvoyCertificate({
    ca: authority.ca,
    envoyId: ENVOY_ID,
    trustDomain: TRUST_DOMAIN,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    ttlMs: 86_400_000,
    clock: systemClock,
  });
  const tls = { cert: certificatePem, key: privateKey.export({ type: 'pkcs8', format: 'pem' }) };
  await refusedBeforeSending(t, { authority, tls }, { code: 'untrusted' });
});

t.test('a server certificate for another name', async (t) => {
  const authority = makeAuthority();
  const { key, certificatePem } = issueServerCertificate({
    ca: authority.ca,
    names: ['other.example.org'],
    days: 5,
    clock: systemClock,
  });
  const { server, enroll } = await setUp(t, { authority, tls: { cert: certificatePem, key: pemOf(key) } });
  await t.rejects(enroll({ server: server.url.replace('localhost', '127.0.0.2') }), { code: /unreachable|untrusted/ });
  t.same(server.requests, []);
});

t.test('TLS 1.2 is not enough', (t) => {
  const authority = makeAuthority();
  const { certificatePem: cert, key } = authority.server;
  return refusedBeforeSending(
    t,
    { authority, tls: { cert, key: pemOf(key), maxVersion: 'TLSv1.2' } },
    { code: 'unreachable' },
  );
});

t.test("an expired server certificate, and one of the future, are told from a stranger's", async (t) => {
  const authority = makeAuthority();
  const past = { nowMs: () => Date.now() - 20 * 86_400_000 };
  const { certificatePem: cert, key } = issueServerCertificate({
    ca: authority.ca,
    names: [],
    days: 10,
    clock: past,
  });
  const { enroll } = await setUp(t, { authority, tls: { cert, key: pemOf(key) } });
  await t.rejects(enroll(), { code: 'untrusted', hint: /clock/ });
});

t.test('what the server refuses keeps the keys and stores nothing', async (t) => {
  const body = JSON.stringify({ error: { code: 'refused', message: 'the token is \u001b[31mnot good', hint: 'ask' } });
  const { paths, enroll } = await setUp(t, { reply: () => ({ status: 403, body }) });
  const error = await enroll().catch((error) => error);
  t.match(error, { constructor: AgentError, code: 'refused', hint: 'ask' });
  t.notMatch(error.message, '\u001b', 'the words of a server are no commands to a terminal');
  t.equal(await readIdentity(paths), undefined);
  t.ok(existsSync(paths.signingSeed));
});

t.test('answers that are none', async (t) => {
  for (const [reply, code] of [
    [{ status: 200, body: 'hello' }, 'malformed'],
    [{ status: 200, body: '{}' }, 'malformed'],
    [{ status: 404, body: '<html>' }, 'bad_answer'],
    [{ status: 403, body: 'null' }, 'bad_answer'],
    [{ status: 302, body: '' }, 'bad_answer'],
    [{ status: 503, body: '{"error":{"message":"the store is away"}}' }, 'unreachable'],
    [{ status: 200, body: 'x'.repeat(200_000) }, 'bad_answer'],
  ] as const) {
    const { paths, enroll } = await setUp(t, { reply: () => reply });
    await t.rejects(enroll(), { code }, `${reply.status} ${reply.body.slice(0, 20)}`);
    t.equal(await readIdentity(paths), undefined);
  }
});

t.test('a server that certifies something else', async (t) => {
  const other = '00000000-0000-4000-8000-000000000002';
  for (const alter of [
    (answer) => ({ ...answer, envoy_id: other }),
    (answer) => ({ ...answer, host_name: 'db-1.example.org' }),
    (answer) => ({ ...answer, trust_domain: 'elsewhere' }),
    (answer, { ca }) => ({ ...answer, certificate: ca.certificatePem }),
    (answer) => ({ ...answer, certificate: 'none' }),
    (answer) => ({ ...answer, policy_public_key: `${toBase64Url(new Uint8Array(32)).slice(0, -1)}B` }),
  ] satisfies Behaviour['alter'][]) {
    const { paths, enroll } = await setUp(t, { alter });
    await t.rejects(enroll(), { constructor: AgentError, code: 'bad_answer' });
    t.equal(await readIdentity(paths), undefined);
  }
});

t.test('nobody there, or nobody who speaks TLS', async (t) => {
  const { enroll } = await setUp(t);
  await t.rejects(enroll({ server: 'https://localhost:1' }), { constructor: AgentError, code: 'unreachable' });
  const plain = createServer((socket) => socket.end('hello\n')).listen(0, '127.0.0.1');
  await once(plain, 'listening');
  t.teardown(() => plain.close());
  const address = plain.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  await t.rejects(enroll({ server: `https://localhost:${port}` }), { code: 'unreachable' });
});

t.test('what is wrong before anything is sent', async (t) => {
  const { server, paths, enroll } = await setUp(t);
  for (const url of ['http://localhost:8443', 'localhost:8443', 'https://u:p@localhost', 'https://localhost/x', '']) {
    await t.rejects(enroll({ server: url }), { constructor: AgentError, code: 'usage' }, url);
  }
  await t.rejects(enroll({ token: `${server.token}x` }), { constructor: IdentityError, code: 'bad_token' });
  t.notOk(existsSync(paths.configDir));
  t.same(server.paths, []);
});

t.test('files that enrollment did not write', async (t) => {
  const { paths, enroll } = await setUp(t);
  await enroll();
  const identity = readFileSync(paths.identity, 'utf8');
  for (const text of ['', '{}', identity.replace('"version": 1', '"version": 2'), identity.replace(ENVOY_ID, 'x')]) {
    writeFileSync(paths.identity, text);
    await t.rejects(readIdentity(paths), { constructor: AgentError, code: 'bad_identity' });
    await t.rejects(enroll(), { code: 'bad_identity' });
  }
});

t.test('certificates that are damaged are named, and a token gets others for the same envoy', async (t) => {
  const { paths, enroll } = await setUp(t);
  const { envoyId } = await enroll();
  for (const path of [paths.ca, paths.tls]) {
    const good = readFileSync(path);
    const text = good.toString('latin1');
    for (const bytes of ['', text.slice(0, 100), text.replace(/\nMII..../, '\nMIIxxxx'), Buffer.of(0xff, 0xfe)]) {
      writeFileSync(path, bytes);
      const named = { constructor: AgentError, code: 'bad_identity', message: new RegExp(path) };
      await t.rejects(readTlsFiles(paths), named);
    }
    t.equal((await enroll({ again: true })).envoyId, envoyId);
    await t.resolves(readTlsFiles(paths));
  }
});

t.test('a key that is damaged, or that others can read, is not used', async (t) => {
  const { server, paths, enroll } = await setUp(t, { reply: () => 'break' });
  await t.rejects(enroll(), { code: 'unreachable' });
  writeFileSync(paths.signingSeed, 'short');
  await t.rejects(enroll(), { constructor: AgentError, code: 'bad_identity' });
  chmodSync(paths.signingSeed, 0o644);
  await t.rejects(enroll(), { code: 'not_private' });
  t.equal(server.requests.length, 1);
});
