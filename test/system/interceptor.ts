import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { parseEnvoyId, systemClock } from '../../lib/base/index.js';
import { issueEnvoyCertificate, type KeyedCertificate, parseEnvoyUri } from '../../lib/pki/index.js';
import { type AgentCall, connectAgent, startAgentServer, type UnaryMethod } from '../../lib/rpc/index.js';
import type { ThrowAwayFleet } from './fleet.js';

/** A call as whoever decrypts the stream sees it. */
export interface Exchange {
  readonly method: UnaryMethod;
  readonly request: Uint8Array;
  readonly answer: Uint8Array;
}

/** Makes another answer of the true one. */
export type Tamper = (exchange: Exchange) => Uint8Array | Promise<Uint8Array>;

/**
 * Somebody between one envoy and its server who holds the server's TLS key and the CA's: he shows each of them the
 * certificate of the other, so that TLS hides nothing from him and stops nothing of what he changes.
 */
export interface Interceptor {
  /** What went through, answers as the server gave them. */
  readonly seen: Exchange[];
  /** Called with each answer; at first it leaves them as they are. */
  tamper: Tamper;
}

/** Puts him there for the time of a test. */
export async function intercept(t: Test, fleet: ThrowAwayFleet, host: string): Promise<Interceptor> {
  const identity = await readIdentity(fleet, host);
  const read = (name: string) => readFile(join(fleet.home, 'tls', name), 'utf8');
  const ca: KeyedCertificate = { certificatePem: await read('ca'), key: createPrivateKey(await read('ca_key')) };

  const interceptor: Interceptor = { seen: [], tamper: ({ answer }) => answer };
  const channel = await connectAgent({
    address: identity.server_address,
    tls: { ...envoyCertificate(ca, identity), caPem: ca.certificatePem, serverName: 'localhost' },
  });
  const pass = (method: UnaryMethod) => async (call: AgentCall) => {
    const request = Uint8Array.from(call.bytes);
    const answer = await channel.call(method, request);
    const exchange = { method, request, answer };
    interceptor.seen.push(exchange);
    return interceptor.tamper(exchange);
  };
  const server = await startAgentServer({
    listen: '127.0.0.1:0',
    tls: { certificatePem: await read('cert'), key: createPrivateKey(await read('key')), caPem: ca.certificatePem },
    peerIdentity: parseEnvoyUri,
    isActive: () => true,
    handlers: {
      checkIn: pass('CheckIn'),
      resolveSecrets: pass('ResolveSecrets'),
      reportRun: pass('ReportRun'),
      wakeUp: (call, stream) => channel.wakeUp(call.bytes, () => stream.send(), stream.closed),
    },
  });
  t.teardown(async () => {
    channel.close();
    await server.close({ graceMs: 0 });
  });
  // What a changed DNS record or route would do.
  await redirect(fleet, host, `localhost:${server.port}`);
  return interceptor;
}

/** Sends an envoy to another address; which certificate it demands there stays. */
export async function redirect(fleet: ThrowAwayFleet, host: string, address: string): Promise<void> {
  const identity = { ...(await readIdentity(fleet, host)), server_address: address };
  await writeFile(join(fleet.configDir(host), 'identity.json'), JSON.stringify(identity));
}

async function readIdentity(fleet: ThrowAwayFleet, host: string) {
  return JSON.parse(await readFile(join(fleet.configDir(host), 'identity.json'), 'utf8'));
}

/** A certificate in the envoy's name over a key of his own. */
function envoyCertificate(ca: KeyedCertificate, identity: { envoy_id: string; trust_domain: string }) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const { certificatePem } = issueEnvoyCertificate({
    ca,
    envoyId: parseEnvoyId(identity.envoy_id),
    trustDomain: identity.trust_domain,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    ttlMs: 3_600_000,
    clock: systemClock,
  });
  return { certificatePem, key: privateKey };
}
