// What gRPC with mTLS costs without a server behind it: grpc-js alone, with the certificates and limits of vigosrv.
//   node --tls-min-v1.3 echo-server.mjs <folder of the certificates> <Ed25519 public key, hex>
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type handleUnaryCall, Server, ServerCredentials, type ServiceDefinition } from '@grpc/grpc-js';
import { fromHex } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import { MAX_ANSWER_BYTES, maxRequestBytes } from '../../lib/wire/index.js';
import { SIGNATURE_BYTES } from '../../lib/wire/signed/signed-request.js';
import { CHECKED, PLAIN, SILENT } from './echo-methods.js';

const [, , folder = '', publicKeyHex = ''] = process.argv;
const publicKey = fromHex(publicKeyHex);
const ed25519 = await loadEd25519();

const onBytes = {
  requestStream: false,
  requestSerialize: (bytes: Buffer) => bytes,
  requestDeserialize: (bytes: Buffer) => bytes,
  responseSerialize: (bytes: Buffer) => bytes,
  responseDeserialize: (bytes: Buffer) => bytes,
} as const;

const service: ServiceDefinition = {
  plain: { path: PLAIN, responseStream: false, ...onBytes },
  checked: { path: CHECKED, responseStream: false, ...onBytes },
  silent: { path: SILENT, responseStream: true, ...onBytes },
};

const plain: handleUnaryCall<Buffer, Buffer> = ({ request }, respond) => respond(null, answerTo(request));
const checked: handleUnaryCall<Buffer, Buffer> = (call, respond) => {
  const { request } = call;
  const isRight = ed25519.verify(request.subarray(0, SIGNATURE_BYTES), request.subarray(SIGNATURE_BYTES), publicKey);
  if (isRight) respond(null, answerTo(request));
  else respond(new Error('forged'));
};

/** As many bytes as the request says behind its signature. */
function answerTo(request: Buffer): Buffer {
  return Buffer.alloc(request.readUInt32BE(SIGNATURE_BYTES), 1);
}

const server = new Server({
  'grpc.enable_channelz': 0,
  'grpc.max_receive_message_length': Math.max(...Object.values(maxRequestBytes)),
  'grpc.max_send_message_length': MAX_ANSWER_BYTES,
  'grpc.max_concurrent_streams': 4,
  'grpc.max_connection_age_ms': 12 * 3_600_000,
  'grpc.max_connection_age_grace_ms': 60_000,
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
});
server.addService(service, { plain, checked, silent: () => {} });
const read = (name: string) => readFileSync(join(folder, name));
const [ca, cert, key] = [read('ca'), read('cert'), read('key')];
const credentials = ServerCredentials.createSsl(ca, [{ cert_chain: cert, private_key: key }], true);
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', credentials, (error, port) => (error ? reject(error) : resolve(port)));
});

/** Answers with as much as enrolling does. */
const https = createServer({ cert, key, minVersion: 'TLSv1.3' }, (request, response) => {
  request
    .resume()
    .once('end', () => response.end(request.method === 'GET' ? ca : JSON.stringify({ certificate: cert.toString() })));
});
https.listen(0, '127.0.0.1', () => console.log(`ports ${port} ${(https.address() as AddressInfo).port}`));
process.once('SIGTERM', () => process.exit());
