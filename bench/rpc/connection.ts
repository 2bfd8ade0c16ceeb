import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import { decodeRejection, REJECTION_TRAILER, type Rejection } from '../../lib/wire/index.js';

export interface Destination {
  readonly port: number;
  /** What the client shows and trusts, made ahead: an agent makes it once, too. */
  readonly context: SecureContext;
  /** The address that it comes from. On loopback there are 16 million. */
  readonly from?: string | undefined;
}

/** What an agent's gRPC says with each call. */
const HEADERS = {
  ':method': 'POST',
  ':scheme': 'https',
  ':authority': 'localhost',
  'user-agent': 'grpc-node-js/1.14.7',
  'content-type': 'application/grpc',
  te: 'trailers',
  'grpc-accept-encoding': 'identity,deflate,gzip',
  'accept-encoding': 'identity',
  'grpc-timeout': '30S',
} as const;

const PREFIX_BYTES = 5;
const WINDOW_BYTES = 1024 * 1024;

/** gRPC by nothing but node:http2, so that a client costs as little as it can beside the server that is measured. */
export class Connection {
  readonly #session: ClientHttp2Session;

  private constructor(session: ClientHttp2Session) {
    this.#session = session;
    session.on('error', () => {}); // each call says so, too
  }

  /** With a handshake of its own: no session is resumed. */
  static async open({ port, context, from }: Destination): Promise<Connection> {
    const socket = await new Promise<TLSSocket>((resolve, reject) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port,
        ...(from === undefined ? {} : { localAddress: from }),
        secureContext: context,
        servername: 'localhost',
        ALPNProtocols: ['h2'],
      });
      socket.once('secureConnect', () => resolve(socket)).once('error', reject);
    });
    socket.on('error', () => {}); // the session reports what matters
    const settings = { initialWindowSize: WINDOW_BYTES, enablePush: false };
    return new Connection(connectHttp2('https://localhost', { createConnection: () => socket, settings }));
  }

  /** @param request as `framed` made it. @throws Rejection, or an Error with the status of gRPC */
  call(path: string, request: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({ ...HEADERS, ':path': path });
      const chunks: Buffer[] = [];
      let last: IncomingHttpHeaders = {};
      stream.on('response', (headers) => {
        last = headers;
      });
      stream.on('trailers', (headers) => {
        last = headers;
      });
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', reject);
      stream.on('close', () => {
        if (last['grpc-status'] === '0') resolve(messageOf(chunks));
        else reject(failureOf(last));
      });
      stream.end(request);
    });
  }

  /** Opens a stream of answers, and lets it be. */
  hold(path: string, request: Uint8Array): void {
    const stream = this.#session.request({ ...HEADERS, ':path': path });
    stream.on('error', () => {});
    stream.resume();
    stream.end(request);
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#session.once('close', resolve);
      this.#session.destroy();
    });
  }
}

/** A message behind a byte for "not compressed" and its length. */
export function framed(message: Uint8Array): Buffer {
  const frame = Buffer.alloc(PREFIX_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

function messageOf(chunks: readonly Buffer[]): Buffer {
  const [first = Buffer.alloc(0)] = chunks;
  return (chunks.length === 1 ? first : Buffer.concat(chunks)).subarray(PREFIX_BYTES);
}

function failureOf(trailers: IncomingHttpHeaders): Rejection | Error {
  const rejection = trailers[REJECTION_TRAILER];
  if (typeof rejection === 'string') return decodeRejection(Buffer.from(rejection, 'base64'), 'refused');
  return new Error(`status ${trailers['grpc-status']}: ${trailers['grpc-message']}`);
}
