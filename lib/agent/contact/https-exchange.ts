import { type RequestOptions, request } from 'node:https';
import { tlsOptions } from '../../base/index.js';
import { AgentError } from '../errors.js';

const TIMEOUT_MS = 30_000;
/** Eight statements of the chain of trust of the largest size, in base64, are 90 KiB. */
const MAX_BYTES = 128 * 1024;

/** What a connection trusts: nothing that it checks, or one CA alone. */
export type Trust = { readonly unverified: true } | { readonly caPem: string };

export interface Exchange {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly trust: Trust;
  /** JSON. */
  readonly body?: string;
}

export interface Reply {
  readonly status: number;
  readonly text: string;
}

/**
 * One request over a TLS 1.3 connection of its own, so that nothing is sent over one that was opened under another
 * trust. Redirects aren't followed, proxies aren't used.
 * @throws AgentError `unreachable`, `untrusted`, `bad_answer`
 */
export function exchange({ method, url, trust, body }: Exchange): Promise<Reply> {
  const options: RequestOptions = {
    method,
    agent: false,
    ...tlsOptions,
    ...('unverified' in trust ? { rejectUnauthorized: false } : { rejectUnauthorized: true, ca: trust.caPem }),
    headers:
      body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  };
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => reject(connectionError(url, cause));
    const outgoing = request(url, options, (incoming) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      incoming.on('error', fail);
      incoming.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes > MAX_BYTES) {
          outgoing.destroy();
          reject(new AgentError('bad_answer', `${url.host} answers with more than ${MAX_BYTES} bytes`));
        }
      });
      incoming.on('end', () => {
        resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
      });
    });
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

const CERTIFICATE_PROBLEMS: Readonly<Record<string, [problem: string, hint: string]>> = {
  ERR_TLS_CERT_ALTNAME_INVALID: ["isn't made for this name", 'use a name that the certificate holds'],
  CERT_HAS_EXPIRED: ['has expired', 'renew it on the server, or set the clock of this machine'],
  CERT_NOT_YET_VALID: ["isn't valid yet", 'set the clock of this machine'],
  INVALID_PURPOSE: ["isn't a server's", 'ask who runs the server: somebody may stand in between'],
};

/** OpenSSL's names for what is wrong with a chain (X509_STORE_CTX_get_error(3)), and Node's own. */
const CERTIFICATE_CODE = /CERT|SIGNATURE|ISSUER|CRL|PURPOSE|CHAIN|CA_|TRUST/;

function connectionError(url: URL, cause: NodeJS.ErrnoException): AgentError {
  const code = cause.code ?? cause.name;
  if (CERTIFICATE_CODE.test(code)) {
    const [problem, hint] = CERTIFICATE_PROBLEMS[code] ?? [
      "isn't signed by the CA that this machine trusts",
      'look at the address and its port, which for HTTPS is 8443 unless server.yaml says otherwise; if they are right, somebody may stand in between',
    ];
    return new AgentError('untrusted', `the certificate of ${url.host} ${problem}`, { cause, hint });
  }
  const what = code === 'TimeoutError' || code === 'ABORT_ERR' ? `no answer within ${TIMEOUT_MS / 1000} s` : code;
  return new AgentError('unreachable', `can't reach ${url.host}: ${what}`, {
    cause,
    hint: 'check the address, and that the server runs and is not blocked by a firewall',
  });
}
