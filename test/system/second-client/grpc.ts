import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from 'node:http2';
import { at, fieldsOf } from './encoding.js';

/** What a connection shows and trusts. PEM. */
export interface Tls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A call that didn't succeed, and what the server's trailer says about it. */
export class Refused extends Error {
  readonly status: number;
  readonly reason: string | undefined;
  readonly instance: Buffer | undefined;
  readonly highestSequence: number;
  /** Of a revocation. */
  readonly proof: Buffer | undefined;

  constructor(headers: IncomingHttpHeaders) {
    const trailer = headers['vigo-rejection-bin'];
    const fields = trailer && fieldsOf('vigo/rejection/v1', 4, Buffer.from(String(trailer), 'base64'));
    const reason = fields && at(fields, 0).toString();
    super(`${reason ?? headers['grpc-status']}: ${decodeURIComponent(String(headers['grpc-message']))}`);
    this.status = Number(headers['grpc-status']);
    this.reason = reason;
    this.instance = fields ? at(fields, 1) : undefined;
    this.highestSequence = fields ? Number(at(fields, 2).readBigUInt64BE()) : 0;
    this.proof = fields ? at(fields, 3) : undefined;
  }
}

/** gRPC over a connection of its own, by nothing but node:http2. */
export class GrpcConnection {
  readonly #session: ClientHttp2Session;
  /** When the connection is gone, whoever ended it. */
  readonly gone: Promise<void>;

  constructor(address: string, tls: Tls) {
    this.#session = connect(`https://${address}`, { ...tls, minVersion: 'TLSv1.3', rejectUnauthorized: true });
    this.#session.on('error', () => {}); // each call says so, too
    this.gone = new Promise((resolve) => this.#session.on('close', () => resolve()));
  }

  /** The one answer of a call. */
  async unary(method: string, request: Buffer): Promise<Buffer> {
    const messages: Buffer[] = [];
    await this.stream(method, request, (answer) => messages.push(answer));
    return at(messages, 0);
  }

  /** Resolves when the server, or the signal, ended the stream. */
  stream(method: string, request: Buffer, onMessage: (bytes: Buffer) => void, signal?: AbortSignal): Promise<void> {
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': `/vigo.v1.VigoAgent/${method}`,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    signal?.addEventListener('abort', () => stream.close(8));
    stream.end(framed(request));
    return outcome(stream, onMessage);
  }

  close(): void {
    this.#session.close();
  }
}

/** A message behind a byte for "not compressed" and its length. */
function framed(bytes: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

function outcome(stream: ClientHttp2Stream, onMessage: (bytes: Buffer) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    let pending = Buffer.alloc(0);
    // A call that fails at once has its status in the headers.
    let last: IncomingHttpHeaders = {};
    stream.on('response', (headers) => {
      last = headers;
    });
    stream.on('trailers', (headers) => {
      last = headers;
    });
    stream.on('data', (chunk: Buffer) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 5 && pending.length >= 5 + pending.readUInt32BE(1)) {
        const end = 5 + pending.readUInt32BE(1);
        onMessage(pending.subarray(5, end));
        pending = pending.subarray(end);
      }
    });
    stream.on('error', reject);
    stream.on('close', () => {
      if (last['grpc-status'] === '0' || stream.rstCode === 8) resolve();
      else reject(new Refused(last));
    });
  });
}
