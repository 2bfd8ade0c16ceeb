import { createPrivateKey } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  decodeCanonical,
  type EnvoyId,
  encodeCanonical,
  type KeyName,
  parseEnvoyId,
  systemClock,
} from '../lib/base/index.js';
import { loadEd25519, loadXWing } from '../lib/crypto/index.js';
import { createRequestSigner } from '../lib/identity/index.js';
import { type AgentChannel, connectAgent, type UnaryMethod } from '../lib/rpc/index.js';
import {
  type CheckIn,
  type CheckInAnswer,
  decodeCheckInAnswer,
  encodeCheckIn,
  encodeResolveSecrets,
  encodeSignedRequest,
  INSTANCE_BYTES,
  Rejection,
  type RequestMethod,
  type SignedRequest,
} from '../lib/wire/index.js';

/** What the agent keeps in its state folder. */
const GENERATION_TAG = 'vigo/held-generation/v1';

/** Somebody who owns one envoy: has its keys and its certificate, and sends what he likes. */
export interface Attacker {
  readonly envoyId: EnvoyId;
  /** The server process that answers, for which a request must be signed. */
  readonly instance: Uint8Array;
  /** The generation that the machine stored last. */
  readonly generation: Uint8Array | undefined;
  /** Checks in as the envoy does, and stores the generation that it is handed. @throws Rejection */
  checkIn(said?: Partial<CheckIn>): Promise<CheckInAnswer>;
  /** Signs a request as the envoy would. */
  sign(method: RequestMethod, payload: Uint8Array): SignedRequest;
  /** Sends any bytes and gives the answer's. @throws Rejection */
  call(method: UnaryMethod, request: Uint8Array): Promise<Uint8Array>;
  /** Sends any bytes and takes hints until the server, or the signal, ends it. @throws Rejection */
  wakeUp(request: Uint8Array, onHint: () => void, signal: AbortSignal): Promise<void>;
  close(): void;
}

/**
 * Begins with a check-in, as every envoy does that wants secrets afterwards.
 * @param configDir its state lies in the folder `state` beside it
 * @param address of the server, unless it is the envoy's own
 */
export async function ownEnvoy(configDir: string, address?: string): Promise<Attacker> {
  const read = (file: string) => readFile(join(configDir, file), 'utf8');
  const identity = JSON.parse(await read('identity.json'));
  const envoyId = parseEnvoyId(identity.envoy_id);
  const ed25519 = await loadEd25519();
  const signer = createRequestSigner({
    signer: ed25519.importSigner(await readFile(join(configDir, 'ed25519.seed'))),
    envoyId,
    clock: systemClock,
  });
  const channel = await connectAgent({
    address: address ?? identity.server_address,
    tls: {
      caPem: await read('ca.crt'),
      certificatePem: await read('tls.pem'),
      key: createPrivateKey(await read('tls.pem')),
      serverName: identity.server_name,
    },
  });
  const stateDir = join(dirname(configDir), 'state');
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const state = join(stateDir, 'generation');
  let generation = await readGeneration(state);
  const instance = await learnInstance(channel, (bytes) => signer.sign('CheckIn', plainCheckIn({ generation }), bytes));
  const attacker: Attacker = {
    envoyId,
    instance,
    get generation() {
      return generation;
    },
    async checkIn(said = {}) {
      const request = signer.sign('CheckIn', plainCheckIn({ generation, ...said }), instance);
      const answer = decodeCheckInAnswer(await channel.call('CheckIn', encodeSignedRequest(request)));
      if (answer.generation !== undefined) {
        generation = Uint8Array.from(answer.generation.generation);
        await writeFile(state, encodeCanonical(GENERATION_TAG, envoyId, generation), { mode: 0o600 });
      }
      return answer;
    },
    sign: (method, payload) => signer.sign(method, payload, instance),
    call: (method, request) => channel.call(method, request),
    wakeUp: (request, onHint, signal) => channel.wakeUp(request, onHint, signal),
    close: () => channel.close(),
  };
  await refusalOf(attacker.checkIn()); // who is revoked has none to begin with
  return attacker;
}

async function readGeneration(path: string): Promise<Uint8Array | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes === undefined) return undefined;
  const fields = decodeCanonical(GENERATION_TAG, 2, bytes);
  fields.bytes(); // whose it is
  return Uint8Array.from(fields.bytes());
}

/** Somebody who holds nothing, and quotes a generation. */
export function plainCheckIn(said: Pick<CheckIn, 'generation'> & Partial<CheckIn>): Uint8Array {
  return encodeCheckIn({ heldHead: undefined, heldBody: undefined, traits: new Map(), agentVersion: 'none', ...said });
}

/** Asks for one secret under a policy version. */
export async function askFor(
  { generation }: Pick<Attacker, 'generation'>,
  key: KeyName,
  policyVersion: number,
): Promise<Uint8Array> {
  const { publicKey: kemPublicKey } = (await loadXWing()).generateKeyPair();
  return encodeResolveSecrets({ policyVersion, refs: [{ key, heldVersion: undefined }], kemPublicKey, generation });
}

/** Why a call was refused; nothing where it was taken. */
export async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (error instanceof Rejection) return error.code;
    throw error;
  }
}

/** The server tells everybody who may connect for which of its processes a request must be signed. */
async function learnInstance(channel: AgentChannel, sign: (instance: Uint8Array) => SignedRequest) {
  try {
    await channel.call('CheckIn', encodeSignedRequest(sign(new Uint8Array(INSTANCE_BYTES))));
  } catch (error) {
    if (error instanceof Rejection && error.instance !== undefined) return error.instance;
    throw error;
  }
  throw new Error('the server took a request for no instance at all');
}
