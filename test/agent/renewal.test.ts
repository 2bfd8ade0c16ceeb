import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Session } from '../../lib/agent/contact/session.js';
import { type AgentIdentity, readTlsFiles, storeIdentity, type TlsFiles } from '../../lib/agent/held/identity-files.js';
import { agentPaths } from '../../lib/agent/held/paths.js';
import { renewCertificate } from '../../lib/agent/identity/renewal.js';
import { generateTlsKey } from '../../lib/agent/identity/tls-key.js';
import { type EnvoyId, parseEnvoyId, parseHostName, systemClock } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import { ensureDir } from '../../lib/files/index.js';
import { createInstance, createRequestSigner, createRequestVerifier } from '../../lib/identity/index.js';
import { issueEnvoyCertificate } from '../../lib/pki/index.js';
import {
  decodeRenewal,
  decodeSignedRequest,
  RENEW_PATH,
  Rejection,
  rejectionToJson,
  renewalFromJson,
} from '../../lib/wire/index.js';
import { pemOf } from '../pki/test-pki.js';
import { ENVOY_ID, makeAuthority, TRUST_DOMAIN } from './enrollment-server.js';

const OTHER = parseEnvoyId('00000000-0000-4000-8000-000000000002');
const authority = makeAuthority();

interface Behaviour {
  tls?: ServerOptions;
  /** Instead of renewing. */
  reply?: (attempt: number) => { status: number; body: string } | 'break' | undefined;
  certify?: { envoyId?: EnvoyId; key?: Uint8Array; by?: typeof authority; around?: (pem: string) => string };
}

/** An enrolled machine and a real HTTPS server that checks its requests as a vigosrv does. */
async function setUp(t: Test, behaviour: Behaviour = {}) {
  const ed25519 = await loadEd25519();
  const signer = ed25519.generateSigner();
  const verifier = createRequestVerifier({
    ed25519,
    instance: createInstance(),
    clock: systemClock,
    lookup: (id) => (id === ENVOY_ID ? { publicKey: signer.publicKey, status: 'active' } : undefined),
    revocationOf: () => new Uint8Array(64),
  });
  const paths: string[] = [];
  const keys: Uint8Array[] = [];
  const answer = (body: string, attempt: number) => {
    const reply = behaviour.reply?.(attempt);
    if (reply !== undefined) return reply;
    try {
      const request = decodeSignedRequest('RenewCertificate', renewalFromJson(JSON.parse(body)));
      const verified = verifier.verify({ method: 'RenewCertificate', certificateEnvoyId: undefined, request });
      const { tlsPublicKey } = decodeRenewal(verified.payload);
      keys.push(tlsPublicKey);
      const { envoyId = ENVOY_ID, key = tlsPublicKey, by = authority, around } = behaviour.certify ?? {};
      const pem = issue(envoyId, key, by);
      const issued = around?.(pem) ?? pem;
      return { status: 200, body: JSON.stringify({ certificate: issued }) };
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      return { status: 412, body: JSON.stringify({ error: rejectionToJson(error) }) };
    }
  };
  const { certificatePem: cert, key } = authority.server;
  const listener = createServer(behaviour.tls ?? { cert, key: pemOf(key) }, async (incoming, outgoing) => {
    paths.push(incoming.url ?? '');
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const reply = answer(Buffer.concat(chunks).toString('utf8'), paths.length);
    if (reply === 'break') incoming.socket.destroy();
    else outgoing.writeHead(reply.status).end(reply.body);
  });
  listener.on('tlsClientError', () => {});
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  t.teardown(() => listener.close());

  const files = agentPaths(join(t.testdir({}), 'config'), join(t.testdirName, 'state'));
  const identity: AgentIdentity = {
    envoyId: ENVOY_ID,
    hostName: parseHostName('web-1'),
    trustDomain: TRUST_DOMAIN,
    serverAddress: 'localhost:1',
    httpsAddress: `localhost:${(listener.address() as AddressInfo).port}`,
    serverName: 'localhost',
    policyPublicKey: new Uint8Array(32),
    trustNumber: 0,
    trustHead: new Uint8Array(32),
  };
  const first = generateTlsKey();
  const caPem = authority.ca.certificatePem;
  await ensureDir(files.configDir, 0o700);
  await storeIdentity(files, identity, {
    caPem,
    certificatePem: issue(ENVOY_ID, first.publicKey, authority),
    key: first.privateKey,
  });
  const channel = {
    call: () => t.fail('over gRPC') as never,
    wakeUp: () => t.fail('over gRPC') as never,
  };
  const session = new Session(channel, createRequestSigner({ signer, envoyId: ENVOY_ID, clock: systemClock }), {
    envoyId: ENVOY_ID,
    pinned: { publicKey: identity.policyPublicKey, keyId: new Uint8Array(8) },
  });
  const renew = () => renewCertificate(session, identity, caPem, files);
  /** What is on the disk: a certificate with its own key, whichever. */
  const held = async () => {
    const { certificatePem, key } = await readTlsFiles(files);
    const certificate = new X509Certificate(certificatePem);
    t.ok(certificate.checkPrivateKey(key), 'certificate and key belong together');
    return certificate.serialNumber;
  };
  return { renew, held, paths, keys, files };
}

function issue(envoyId: EnvoyId, publicKey: Uint8Array, { ca }: typeof authority): string {
  const ttlMs = 86_400_000;
  return issueEnvoyCertificate({ ca, envoyId, trustDomain: TRUST_DOMAIN, publicKey, ttlMs, clock: systemClock })
    .certificatePem;
}

function isSame(a: TlsFiles, b: TlsFiles): boolean {
  return a.caPem === b.caPem && a.certificatePem === b.certificatePem && a.key.equals(b.key);
}

t.test('the next certificate takes the place of the first one', async (t) => {
  const { renew, held, paths, files } = await setUp(t);
  const before = await held();
  const tls = await renew();
  t.ok(isSame(await readTlsFiles(files), tls));
  t.not(await held(), before);
  t.same(paths, [RENEW_PATH, RENEW_PATH], 'once to learn the instance, once to be heard');
});

t.test('each attempt has a key of its own; a lost answer changes nothing', async (t) => {
  const { renew, held, keys } = await setUp(t, { reply: (attempt) => (attempt === 2 ? 'break' : undefined) });
  const before = await held();
  await t.rejects(renew(), { code: 'unreachable' });
  t.equal(await held(), before);
  await renew();
  await renew();
  t.not(await held(), before);
  t.notSame(keys[0], keys[1]);
});

t.test('a certificate that is not what was asked for is not taken', async (t) => {
  for (const certify of [
    { envoyId: OTHER },
    { key: generateTlsKey().publicKey },
    { by: makeAuthority() },
  ] satisfies Behaviour['certify'][]) {
    const { renew, held } = await setUp(t, { certify });
    const before = await held();
    await t.rejects(renew(), { name: 'AgentError', code: 'bad_answer' });
    t.equal(await held(), before);
  }
});

t.test('what stands around a certificate stays out of the file of its key', async (t) => {
  const other = issue(OTHER, generateTlsKey().publicKey, authority);
  for (const around of [
    (pem) => `it is this one:\n${pem}`,
    (pem) => pem.trimEnd(),
    (pem) => pem.replaceAll('\n', '\r\n'),
    (pem) => pem + other,
    (pem) => `${pem}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`,
  ] satisfies ((pem: string) => string)[]) {
    const { renew, held, files } = await setUp(t, { certify: { around } });
    const before = await held();
    const tls = await renew();
    t.not(await held(), before);
    t.ok(isSame(await readTlsFiles(files), tls), 'what was stored is read again');
  }
});

t.test('refusals keep their reason, and what can be done is said', async (t) => {
  const error = (code: string, status: number) => ({
    status,
    body: JSON.stringify({ error: { code, message: 'the \u001b[31mwords', hint: 'theirs' } }),
  });
  for (const [reply, expected] of [
    [error('lapsed', 403), { name: 'Rejection', code: 'lapsed', hint: /vigo enroll --again/ }],
    [error('revoked', 403), { name: 'AgentError', code: 'unproven' }],
    [error('unknown', 401), { name: 'Rejection', code: 'unknown' }],
    [error('too_many_attempts', 429), { name: 'AgentError', code: 'unreachable', hint: 'theirs' }],
    [error('internal', 500), { name: 'AgentError', code: 'unreachable' }],
    [
      { status: 404, body: '<html>' },
      { name: 'AgentError', code: 'bad_answer' },
    ],
    [
      { status: 200, body: '{}' },
      { name: 'WireError', code: 'malformed' },
    ],
    [
      { status: 200, body: '{"certificate":"none"}' },
      { name: 'AgentError', code: 'bad_answer' },
    ],
  ] as const) {
    const { renew, held } = await setUp(t, { reply: () => reply });
    const before = await held();
    const refused = await renew().catch((cause) => cause);
    t.match(refused, expected, reply.body);
    t.notMatch(refused.message, '\u001b');
    t.equal(await held(), before);
  }
});

t.test('a server that is not ours hears nothing', async (t) => {
  const rogue = makeAuthority();
  const chain = rogue.server.certificatePem + rogue.ca.certificatePem + authority.ca.certificatePem;
  const { renew, paths } = await setUp(t, { tls: { cert: chain, key: pemOf(rogue.server.key) } });
  await t.rejects(renew(), { code: 'untrusted' });
  t.same(paths, []);
});

t.test(
  'where the next one can not be written, the first one stays',
  { skip: process.geteuid?.() === 0 && 'root writes anywhere' },
  async (t) => {
    const { renew, held, files } = await setUp(t);
    const before = readFileSync(files.tls);
    chmodSync(files.configDir, 0o500);
    t.teardown(() => chmodSync(files.configDir, 0o700));
    await t.rejects(renew(), { name: 'FilesError' });
    t.same(readFileSync(files.tls), before);
    await held();
  },
);
