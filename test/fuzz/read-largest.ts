import { fromHex, toHex, utf8 } from '../../lib/base/index.js';
import { MAX_ANSWER_BYTES, maxRequestBytes } from '../../lib/wire/index.js';
import { agentTargets } from './agent-targets.js';
import { serverTargets } from './server-targets.js';
import type { Target } from './target.js';

const HTTP_BYTES = 64 * 1024;

/**
 * What a few bytes are made much of by: the shortest field, element or opening, over and over. A policy's body isn't
 * here: it is parsed when its hash stands in a signed head.
 */
const REPEATED: Readonly<Record<string, { readonly size: number; readonly units: readonly Uint8Array[] }>> = {
  'signed-request': { size: maxRequestBytes.ReportRun, units: hex('3200', '0a00', '0b', '0b0c', '7800', '1801') },
  'check-in': { size: maxRequestBytes.CheckIn, units: hex('1a00', '0b', '1a020a00', '7800') },
  'resolve-secrets': { size: maxRequestBytes.ResolveSecrets, units: hex('1200', '0b', '12021001', '7800') },
  'run-report': { size: maxRequestBytes.ReportRun, units: hex('3200', '0b', '32022001', '7800') },
  'check-in-answer': { size: MAX_ANSWER_BYTES, units: hex('0a00', '0b', '7800') },
  'sealed-answer': { size: MAX_ANSWER_BYTES, units: hex('2200', '0b', '7800') },
  'secret-batch': { size: MAX_ANSWER_BYTES, units: hex('ff', '00', '000161') },
  'enrollment-json': { size: HTTP_BYTES, units: ['[', '{"a":', '[],', '"'].map(utf8) },
  'renewal-json': { size: HTTP_BYTES, units: ['[', '{"a":', '[],', '"'].map(utf8) },
  'enrollment-answer': { size: HTTP_BYTES, units: ['[', '{"a":', '[],', '"'].map(utf8) },
  'rejection-json': { size: HTTP_BYTES, units: ['[', '{"a":', '[],', '"'].map(utf8) },
  'ca-certificate': { size: HTTP_BYTES, units: ['-----BEGIN CERTIFICATE-----\n', '-', '\n'].map(utf8) },
  'own-certificate': { size: HTTP_BYTES, units: ['-----BEGIN CERTIFICATE-----\n', '-', '\n'].map(utf8) },
  'peer-certificate': { size: HTTP_BYTES, units: hex('30', '3080', '30820000', 'a0') },
};

/** The largest input that gets to each reader, of each kind. */
for (const target of [...serverTargets, ...agentTargets]) {
  const { size, units } = REPEATED[target.name] ?? { size: 0, units: [] };
  for (const unit of units) {
    for (const input of inputsOf(Buffer.alloc(size, unit), target)) {
      try {
        await target.read(input);
      } catch (error) {
        const { name, code } = error as { name?: unknown; code?: unknown };
        if (!target.errors.includes(`${name} ${code}`)) throw new Error(target.name, { cause: error });
      }
    }
    process.stdout.write(`${target.name} ${toHex(unit)}\n`);
  }
}

/** JSON on its own and as a list that is closed; anything else behind a valid one. */
function inputsOf(bytes: Buffer, { name, seeds: [seed = bytes] }: Target): Buffer[] {
  if (!name.endsWith('json')) return [Buffer.concat([seed, bytes]).subarray(0, bytes.length)];
  return [bytes, Buffer.concat([utf8('['), bytes.subarray(0, -4), utf8('0]')])];
}

function hex(...texts: readonly string[]): Uint8Array[] {
  return texts.map(fromHex);
}
