import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import type { Test } from 'tap';
import { generateTlsKey } from '../../lib/agent/identity/tls-key.js';
import { parseEnvoyId, systemClock } from '../../lib/base/index.js';
import { issueEnvoyCertificate } from '../../lib/pki/index.js';
import { pemOf } from '../pki/test-pki.js';
import type { ThrowAwayFleet } from './fleet.js';
import { redirect } from './interceptor.js';

/** A gRPC call as it is on the wire once TLS is taken off, headers and trailers included. */
export interface TappedCall {
  readonly path: string;
  /** What the envoy sent, and what the server did. */
  readonly sent: Buffer[];
  readonly received: Buffer[];
}

/**
 * Somebody between an envoy and its gRPC port who holds the keys of the server and of the CA, and reads HTTP/2 with
 * Node's implementation, which is another one than gRPC's.
 */
export async function tapCalls(t: Test, fleet: ThrowAwayFleet, host: string): Promise<readonly TappedCall[]> {
  const calls: TappedCall[] = [];
  const read = (name: string) => readFileSync(join(fleet.home, 'tls', name), 'utf8');
  const identity = JSON.parse(readFileSync(join(fleet.configDir(host), 'identity.json'), 'utf8'));
  const key = generateTlsKey();
  const { certificatePem } = issueEnvoyCertificate({
    ca: { certificatePem: read('ca'), key: createPrivateKey(read('ca_key')) },
    envoyId: parseEnvoyId(identity.envoy_id),
    trustDomain: identity.trust_domain,
    publicKey: key.publicKey,
    ttlMs: 3_600_000,
    clock: systemClock,
  });
  const shown = { cert: certificatePem, key: pemOf(key.privateKey) };
  const sessions = new Set<http2.Http2Session>();
  const server = http2.createSecureServer({ cert: read('cert'), key: read('key'), minVersion: 'TLSv1.3' });
  server.on('session', (session) => {
    sessions.add(session);
    const onward = http2.connect(`https://${fleet.grpcAddress}`, { ca: read('ca'), ...shown });
    sessions.add(onward);
    for (const [one, other] of [
      [session, onward],
      [onward, session],
    ] as const) {
      one.on('error', () => {}).on('close', () => other.close());
    }
    session.on('stream', (stream: http2.ServerHttp2Stream, headers: http2.IncomingHttpHeaders) => {
      const call: TappedCall = { path: String(headers[':path']), sent: [asBytes(headers)], received: [] };
      calls.push(call);
      pass(stream, onward.request(headers, { endStream: false }), call);
    });
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  t.teardown(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  await redirect(fleet, host, `localhost:${(server.address() as AddressInfo).port}`);
  return calls;
}

/** One call in both directions. */
function pass(stream: http2.ServerHttp2Stream, onward: http2.ClientHttp2Stream, call: TappedCall): void {
  let trailers: http2.IncomingHttpHeaders = {};
  stream.on('data', (chunk: Buffer) => void call.sent.push(chunk));
  stream.pipe(onward);
  onward.on('response', (headers, flags) => {
    call.received.push(asBytes(headers));
    // A call that is refused has its status in the headers, and nothing after them.
    const isAll = (flags & http2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    if (!stream.destroyed) stream.respond(headers, isAll ? { endStream: true } : { waitForTrailers: true });
  });
  onward.on('trailers', (headers) => {
    call.received.push(asBytes(headers));
    trailers = headers;
  });
  onward.on('data', (chunk: Buffer) => void call.received.push(chunk));
  onward.pipe(stream);
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.on('error', () => {}).on('aborted', () => onward.close(http2.constants.NGHTTP2_CANCEL));
  onward.on('error', () => {});
}

function asBytes(headers: http2.IncomingHttpHeaders): Buffer {
  return Buffer.from(JSON.stringify(headers));
}

/** What went over one HTTPS port. */
export interface TappedPort {
  /** The address to call instead. */
  readonly url: string;
  /** Both directions of all connections. HTTP/1.1 hides nothing once TLS is taken off. */
  readonly bytes: Buffer[];
}

/** The same for the HTTPS port, for whoever calls the address that it gives. */
export async function tapPort(t: Test, fleet: ThrowAwayFleet): Promise<TappedPort> {
  const read = (name: string) => readFileSync(join(fleet.home, 'tls', name), 'utf8');
  const { hostname: host, port } = new URL(fleet.url());
  const bytes: Buffer[] = [];
  const server = tls.createServer({ cert: read('cert'), key: read('key'), minVersion: 'TLSv1.3' }, (socket) => {
    const onward = tls.connect({ host, port: Number(port), ca: read('ca') });
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      one.on('data', (chunk: Buffer) => void bytes.push(chunk));
      one.pipe(other);
      one.on('error', () => {}).on('close', () => other.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => void server.close());
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, bytes };
}

/** Sends vigocli to another address than the server's own. */
export function redirectCli(fleet: ThrowAwayFleet, url: string): void {
  const path = join(fleet.home, 'run', 'api.json');
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), url }));
}
