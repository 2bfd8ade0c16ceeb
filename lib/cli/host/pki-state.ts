import { X509Certificate } from 'node:crypto';
import { equalBytes, systemClock, toHex } from '../../base/index.js';
import type { Lifetime } from '../../pki/index.js';
import type { SignedStatement, TrustStatement } from '../../wire/index.js';
import { hashOf, readCertificate } from './certificates.js';
import type { CommandContext } from './context.js';
import { readServerSigner } from './host-trust.js';

export interface CertificateState extends Lifetime {
  /** Of the DER, hexadecimal. */
  readonly sha256: string;
  readonly subject: string;
}

export interface AuthorityState extends CertificateState {
  /** How many envoys hold a good certificate of it. */
  readonly envoys: number;
}

export interface StatementState {
  readonly number: number;
  readonly issuedAtMs: number;
  readonly replacesKeys: boolean;
  /** SHA-256 of each CA that it names, the oldest first. */
  readonly authorities: readonly string[];
}

/** What this host's certificates and keys are, and how far its fleet has followed. Times are milliseconds since 1970. */
export interface PkiState {
  readonly trustDomain: string;
  /** The CAs whose certificates count, the oldest first; the last one is present, and signs. */
  readonly authorities: readonly AuthorityState[];
  readonly server: CertificateState & { readonly names: readonly string[]; readonly isOfPresentCa: boolean };
  /** Ids, hexadecimal. */
  readonly keys: { readonly policy: string; readonly checkpoint: string };
  readonly statements: readonly StatementState[];
  /** Envoys with a good certificate that isn't of the present CA, by host name. */
  readonly late: readonly string[];
  /** Whether the chain leads to a CA that isn't there: a crash came first, or other files were put in their place. */
  readonly isCaMissing: boolean;
}

/** Changes nothing. @throws FilesError, WireError, StoreError, VaultError, CliError as `context.store` */
export async function readPkiState(context: CommandContext): Promise<PkiState> {
  const [{ authoritiesOf, readTrustFile }, { lifetimeOf, serverNames }, { readStatement }] = await Promise.all([
    import('../../identity/index.js'),
    import('../../pki/index.js'),
    import('../../wire/index.js'),
  ]);
  const { tls } = await context.places();
  const database = await context.store();
  const present = new X509Certificate(await readCertificate(tls.ca));
  const server = new X509Certificate(await readCertificate(tls.cert));
  const chain = await readTrustFile(context.home.trust);
  const statements = chain.map(({ statement }) => readStatement(statement));
  const last = statements.at(-1);
  const holders = await findHolders(context);
  const describe = (certificate: X509Certificate): CertificateState => ({
    sha256: hashOf(certificate),
    subject: certificate.subject,
    ...lifetimeOf(certificate.toString(), systemClock),
  });
  return {
    trustDomain: await database.trustDomain(),
    authorities: authoritiesOf(chain, present.raw).map((der) => {
      const authority = describe(new X509Certificate(der));
      return { ...authority, envoys: holders.filter(({ issuer }) => issuer === authority.sha256).length };
    }),
    server: {
      ...describe(server),
      names: serverNames(server.toString()),
      isOfPresentCa: server.checkIssued(present) && server.verify(present.publicKey),
    },
    keys: await readKeyIds(context, last),
    statements: statements.map(({ number, issuedAtMs, authorities }, i) => ({
      number,
      issuedAtMs,
      replacesKeys: replacesKeys(chain[i]),
      authorities: authorities.map((der) => hashOf(new X509Certificate(der))),
    })),
    late: holders.filter(({ issuer }) => issuer !== hashOf(present)).map(({ hostName }) => hostName),
    isCaMissing: last !== undefined && !equalBytes(last.authorities.at(-1) ?? new Uint8Array(), present.raw),
  };
}

/** The envoys whose certificate is good, with the CA that signed it. */
export async function findHolders({ store }: Pick<CommandContext, 'store'>) {
  return (await (await store()).activeEnvoys()).flatMap(({ hostName, certificate }) =>
    certificate !== undefined && certificate.notAfterMs > systemClock.nowMs()
      ? [{ hostName, issuer: certificate.issuer }]
      : [],
  );
}

/** Both signatures are over the same bytes: where they are equal, so are the keys. */
function replacesKeys(signed: SignedStatement | undefined): boolean {
  return signed !== undefined && !equalBytes(signed.signature, signed.ownSignature);
}

async function readKeyIds(context: CommandContext, last: TrustStatement | undefined): Promise<PkiState['keys']> {
  const { signingKeyId } = await import('../../wire/index.js');
  const idOf = async (name: string, named: Uint8Array | undefined) =>
    toHex(await signingKeyId(named ?? (await readPublicKey(context, name))));
  return { policy: await idOf('policy', last?.policyKey), checkpoint: await idOf('checkpoint', last?.checkpointKey) };
}

async function readPublicKey({ home, places }: CommandContext, name: string): Promise<Uint8Array> {
  const { secretsDir, keyFile } = await places();
  const signer = await readServerSigner({ secretsDir, keyFile, keysDir: home.keys }, name);
  try {
    return signer.publicKey;
  } finally {
    signer.dispose();
  }
}
