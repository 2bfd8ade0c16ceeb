import { writeFile } from 'node:fs/promises';
import type { Test } from 'tap';
import { type EnvoyId, parseEnvoyId, parseKeyName } from '../../lib/base/index.js';
import { type Ed25519Signer, loadEd25519 } from '../../lib/crypto/index.js';
import { createRequestSigner, loadGenerationSeal } from '../../lib/identity/index.js';
import type { AgentHandlers, Peer } from '../../lib/rpc/index.js';
import { isServerFault } from '../../lib/rpc/server-fault.js';
import { Generations } from '../../lib/server/agents/generations.js';
import { RestoredDatabase } from '../../lib/server/agents/restored-database.js';
import { EnvoyLimits } from '../../lib/server/rpc/envoy-limits.js';
import { agentHandlers } from '../../lib/server/rpc/handlers.js';
import {
  type AgentMethod,
  encodeResolveSecrets,
  encodeSignedRequest,
  type RequestMethod,
} from '../../lib/wire/index.js';
import { enrollmentOf, makeMachine, makeServer, newToken, send, stackFile, TRUST_DOMAIN } from './kit.js';

const SHOP = `
configcrate: shop
resources:
  - { name: settings, type: file, path: /tmp/shop.ini, content: "secret:shop/password" }
`;

export const RESOLVES_PER_HOUR = 240;

/** A server with two envoys, called as their connections would. */
export async function makeEnvoys(t: Test) {
  const kit = await makeServer(t);
  const { context, fleet, store, refusals, clock } = { ...kit, refusals: kit.context.refusals };
  const seal = await loadGenerationSeal(new Uint8Array(32).fill(7));
  const handlers: AgentHandlers = agentHandlers({
    ...context,
    // What is quoted wrongly is noticed, and the request goes on to the code behind.
    generations: new Generations([], {
      seal,
      settings: { onFork: 'audit' },
      ...{ fleet, store, refusals, wakeUps: kit.wakeUps, clock },
    }),
    secrets: kit.secrets,
    versions: { demandNewest: () => {} },
    restored: new RestoredDatabase({
      trust: { publicKey: context.trust.position.policyKey },
      ...{ live: kit.live, publishing: kit.publishing, clock, actor: 'test', onNotice: () => {} },
    }),
    signer: (await loadEd25519()).generateSigner(),
    settings: { checkinIntervalMs: 60_000 },
    limits: new EnvoyLimits({ resolvesPerHour: RESOLVES_PER_HOUR }, clock),
  });
  const enroll = async (hostName: string) => {
    const machine = await makeMachine();
    const { token } = await newToken(kit);
    const { body } = await send(kit, 'POST', '/enroll', { body: enrollmentOf(machine, token, hostName) });
    return { envoyId: parseEnvoyId(body.envoy_id), signer: machine.signer };
  };
  kit.secrets.set('shop/password', 'worth stealing');
  await writeFile(stackFile(kit, 'envoys.vgo'), 'envoys:\n  - { match: "*", configcrates: [shop] }\n');
  await writeFile(stackFile(kit, 'shop.vgo'), SHOP);
  const { policyVersion } = await kit.publishing.publish('test');
  const [own, other] = [await enroll('web-1'), await enroll('web-2')];
  const signerOf = (signer: Pick<Ed25519Signer, 'sign'>, envoyId: EnvoyId) => {
    return createRequestSigner({ signer, envoyId, clock });
  };
  const agent = signerOf(own.signer, own.envoyId);
  const peer: Peer = {
    envoyId: own.envoyId,
    trustDomain: TRUST_DOMAIN,
    remoteAddress: '192.0.2.9',
    notAfterMs: 0,
  };
  const call = async (
    method: AgentMethod,
    bytes: Uint8Array,
    envoyId = own.envoyId,
  ): Promise<Uint8Array | undefined> => {
    const received = { method, bytes, peer: envoyId === own.envoyId ? peer : { ...peer, envoyId } };
    switch (method) {
      case 'CheckIn':
        return handlers.checkIn(received);
      case 'ResolveSecrets':
        return handlers.resolveSecrets(received);
      case 'ReportRun':
        return handlers.reportRun(received);
      case 'WakeUp':
        await handlers.wakeUp(received, { send: () => {}, end: () => {}, closed: AbortSignal.abort() });
        return undefined;
    }
  };
  const sign = (method: RequestMethod, payload: Uint8Array) =>
    encodeSignedRequest(agent.sign(method, payload, kit.instance));
  const forge = (method: RequestMethod, payload: Uint8Array) =>
    encodeSignedRequest(signerOf(other.signer, own.envoyId).sign(method, payload, kit.instance));
  const askWith = (generation: Uint8Array | undefined, kemPublicKey: Uint8Array) => {
    const refs = [{ key: parseKeyName('shop/password'), heldVersion: undefined }];
    return encodeResolveSecrets({ policyVersion, refs, kemPublicKey, generation });
  };
  return { kit, call, sign, forge, askWith, other, id: own.envoyId };
}

/** Why something was refused; an error of the server's own is thrown. */
export async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (isServerFault(error)) throw error;
    return (error as { code: string }).code;
  }
}
