import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { Client, type ClientOptions, credentials, Metadata, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { formatHostPort, parseHostPort } from '../../base/index.js';
import { type AgentMethod, MAX_ANSWER_BYTES, maxRequestBytes, type Rejection } from '../../wire/index.js';
import { tlsContext } from '../credentials.js';
import { RpcError } from '../errors.js';
import { agentService } from '../service.js';
import { errorOf } from '../status.js';
import type { AgentChannel, ChannelOptions, UnaryMethod } from './channel.js';

const DEFAULT_DEADLINES_MS: Readonly<Record<UnaryMethod, number>> = {
  CheckIn: 30_000,
  ResolveSecrets: 30_000,
  ReportRun: 60_000,
};

const CHANNEL_OPTIONS: ClientOptions = {
  // A request is signed for one use: sent twice, it would be a replay.
  'grpc.enable_retries': 0,
  'grpc.max_receive_message_length': MAX_ANSWER_BYTES,
  'grpc.max_send_message_length': Math.max(...Object.values(maxRequestBytes)),
  // Home routers forget a silent connection after a minute or two; the wake-up stream is silent for hours.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.keepalive_permit_without_calls': 1,
  'grpc.initial_reconnect_backoff_ms': 1000,
  'grpc.max_reconnect_backoff_ms': 30_000,
  // Neither the environment nor a TXT record of the server's name decides how an agent reaches its server.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
};

/** The agent's side over gRPC. */
export class GrpcChannel implements AgentChannel {
  readonly #address: string;
  readonly #client: Client;
  readonly #deadlinesMs: Readonly<Record<UnaryMethod, number>>;
  readonly #underWay = new Set<{ cancel(): void }>();
  #closed = false;

  /** @throws BaseError `bad_address`, RpcError `bad_credentials` */
  constructor({ address, tls, deadlinesMs }: ChannelOptions) {
    const hostPort = parseHostPort(address);
    const serverName = tls.serverName ?? hostPort.host;
    this.#address = formatHostPort(hostPort);
    this.#deadlinesMs = { ...DEFAULT_DEADLINES_MS, ...deadlinesMs };
    this.#client = new Client(
      // With its scheme, so that no address is taken for another kind of target, like a socket's path.
      `dns:${this.#address}`,
      credentials.createFromSecureContext(tlsContext(tls), {
        rejectUnauthorized: true,
        checkServerIdentity: (_host, certificate) => checkServerIdentity(serverName, certificate),
      }),
      // What is said to the server, not what is checked. An address can't be said (RFC 6066 section 3).
      { ...CHANNEL_OPTIONS, 'grpc.ssl_target_name_override': isIP(serverName) === 0 ? serverName : 'vigosrv' },
    );
  }

  async call(method: UnaryMethod, request: Uint8Array): Promise<Uint8Array> {
    this.#assertSendable(method, request);
    const { path, requestSerialize, responseDeserialize } = agentService[method];
    const deadline = Date.now() + this.#deadlinesMs[method];
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new Metadata(),
        { deadline },
        (failure, answer) => {
          this.#underWay.delete(call);
          if (failure !== null) reject(this.#errorOf(failure));
          else resolve(answer as Uint8Array);
        },
      );
      this.#underWay.add(call);
    });
  }

  async wakeUp(request: Uint8Array, onHint: () => void, signal: AbortSignal): Promise<void> {
    this.#assertSendable('WakeUp', request);
    if (signal.aborted) return;
    const { path, requestSerialize, responseDeserialize } = agentService.WakeUp;
    const stream = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
    const cancel = () => stream.cancel();
    signal.addEventListener('abort', cancel);
    this.#underWay.add(stream);
    try {
      await new Promise<void>((resolve, reject) => {
        stream.on('data', onHint);
        stream.once('end', resolve);
        // gRPC reports the error before it ends the stream.
        stream.once('error', (failure: ServiceError) => {
          if (signal.aborted) resolve();
          else reject(this.#errorOf(failure));
        });
      });
    } finally {
      this.#underWay.delete(stream);
      signal.removeEventListener('abort', cancel);
    }
  }

  close(): void {
    this.#closed = true;
    for (const call of this.#underWay) call.cancel();
    this.#client.close();
  }

  #assertSendable(method: AgentMethod, request: Uint8Array): void {
    if (this.#closed) throw new RpcError('cancelled', 'this channel is closed');
    if (request.length > maxRequestBytes[method]) {
      throw new RpcError('too_large', `a ${method} request has at most ${maxRequestBytes[method]} bytes`);
    }
  }

  #errorOf(failure: StatusObject): RpcError | Rejection {
    return errorOf(failure, `the server at ${this.#address}`);
  }
}
