import {
  encodeRenewal,
  encodeSignedRequest,
  parseRenewalAnswer,
  RENEW_PATH,
  Rejection,
  rejectionFromJson,
  renewalProofBytes,
  renewalToJson,
} from '../../wire/index.js';
import { exchange, type Reply } from '../contact/https-exchange.js';
import { errorOf, jsonOf } from '../contact/server-reply.js';
import type { Session } from '../contact/session.js';
import { AgentError } from '../errors.js';
import { type AgentIdentity, type TlsFiles, writeCertificate } from '../held/identity-files.js';
import type { AgentPaths } from '../held/paths.js';
import { ownCertificate } from './own-certificate.js';
import { generateTlsKey, prove } from './tls-key.js';

/**
 * Asks for a certificate over a fresh key, which is stored together with it or not at all, so that at every instant
 * the files hold an identity that is whole: the old one or the new one (N3). The Ed25519 key alone says who asks; the
 * certificate may have ended.
 * @throws Rejection; AgentError `unreachable`, `untrusted`, `bad_answer`; WireError, FilesError. What was there stays.
 */
export async function renewCertificate(
  session: Pick<Session, 'sign'>,
  { envoyId, trustDomain, httpsAddress }: AgentIdentity,
  caPem: string,
  paths: AgentPaths,
): Promise<TlsFiles> {
  const key = generateTlsKey();
  const proof = prove(key, renewalProofBytes(envoyId, key.publicKey));
  const payload = encodeRenewal({ tlsPublicKey: key.publicKey, tlsProof: proof });
  const url = new URL(RENEW_PATH, `https://${httpsAddress}`);
  const { certificate } = await session.sign('RenewCertificate', payload, async (request) => {
    const body = renewalToJson(encodeSignedRequest(request));
    return readReply(await exchange({ method: 'POST', url, trust: { caPem }, body }));
  });
  const certificatePem = ownCertificate(certificate, key, { trustDomain, envoyId, caPem });
  const tls = { caPem, certificatePem, key: key.privateKey };
  await writeCertificate(paths, tls);
  return tls;
}

function readReply(reply: Reply) {
  if (reply.status === 200) return parseRenewalAnswer(jsonOf(reply));
  const { raw, message, hint } = errorOf(reply);
  const rejection = rejectionFromJson(raw, { message, hint });
  if (rejection === undefined) throw new AgentError('unreachable', `no certificate now: ${message}`, { hint });
  throw rejection.code === 'lapsed' ? withAdvice(rejection) : rejection;
}

function withAdvice(rejection: Rejection): Rejection {
  return new Rejection('lapsed', rejection.message, {
    cause: rejection,
    hint: 'make a token on the server with vigocli envoys token, stop this agent, and use it here: vigo enroll --again',
  });
}
