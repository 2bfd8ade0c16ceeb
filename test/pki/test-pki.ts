import { execFile } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Test } from 'tap';
import { type Clock, parseEnvoyId, systemClock } from '../../lib/base/index.js';
import {
  generateCa,
  issueEnvoyCertificate,
  issueServerCertificate,
  type KeyedCertificate,
} from '../../lib/pki/index.js';

export const DAY_MS = 86_400_000;
export const TRUST_DOMAIN = 'fleet-7.example';
export const ENVOY_ID = parseEnvoyId('3f2a8a52-6c1e-4d7b-9f00-0123456789ab');

export function clockAt(iso: string): Clock {
  const ms = Date.parse(iso);
  return { nowMs: () => ms };
}

export function makeCa(clock: Clock = systemClock, days = 3650): KeyedCertificate {
  return generateCa({ commonName: 'Vigo CA', trustDomain: TRUST_DOMAIN, days, clock });
}

export function makeServer(ca: KeyedCertificate, clock: Clock = systemClock): KeyedCertificate {
  return issueServerCertificate({ ca, names: [], days: 365, clock });
}

/** An envoy's certificate together with the key that the envoy would have kept to itself. */
export function makeEnvoy(
  ca: KeyedCertificate,
  clock: Clock = systemClock,
  ttlMs = 30 * DAY_MS,
  envoyId = ENVOY_ID,
): KeyedCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const { certificatePem } = issueEnvoyCertificate({
    ca,
    envoyId,
    trustDomain: TRUST_DOMAIN,
    publicKey: spki,
    ttlMs,
    clock,
  });
  return { certificatePem, key: privateKey };
}

/** What stands in a file of this key. */
export function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** Runs the system's openssl; gives what it prints and whether it was content. */
export async function openssl(...args: string[]): Promise<{ ok: boolean; text: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)('openssl', args);
    return { ok: true, text: stdout + stderr };
  } catch (error) {
    return { ok: false, text: String(error) };
  }
}

/** Writes each text into a folder that the test takes away again, and gives the paths. */
export function filesOf<Name extends string>(t: Test, texts: Readonly<Record<Name, string>>): Record<Name, string> {
  const folder = t.testdir({ ...texts });
  return Object.fromEntries(Object.keys(texts).map((name) => [name, join(folder, name)])) as Record<Name, string>;
}
