import { existsSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type KeyName, VigoError } from '../../base/index.js';
import { makeGuard } from '../../guard/index.js';
import type { Stacks } from '../../policy/index.js';
import type { SecretReader } from '../../vault/index.js';
import { MAX_BUNDLE_SECRET_BYTES } from '../../wire/index.js';
import { plural } from '../plural.js';
import type { Check } from './check.js';
import { type Finding, fail, ok, warn } from './finding.js';
import type { Subject } from './subject.js';

/** Whether every ref of the live config resolves, by the way that the server goes. */
export const check: Check = {
  name: 'refs',
  needsVault: true,
  async run(subject) {
    const { home } = subject;
    const live = await (await subject.store()).currentPublication();
    if (live === undefined) return [ok('no config is published yet')];
    const { loadTree, parseStacks, PolicyError } = await import('../../policy/index.js');
    const tree = await loadTree(home.published, live.digest);
    const findings = await checkLink(subject, live.digest);
    try {
      // Refuses what no envoy may ever resolve, too.
      const stacks = await parseStacks(tree, { guard: makeGuard([home.root]) });
      findings.push(...(await resolveAll(subject, stacks)));
    } catch (error) {
      if (!(error instanceof PolicyError) || error.problems.length === 0) throw error;
      findings.push(
        ...error.problems.map(({ file, line, column, message, hint }) =>
          fail(`${file}:${line}:${column}: ${message}`, hint),
        ),
      );
    }
    return findings;
  },
};

/** The link is for people; what is live stands in the database. */
async function checkLink({ home }: Subject, digest: string): Promise<Finding[]> {
  const target = existsSync(home.live) ? await readlink(home.live).catch(() => undefined) : undefined;
  if (target === join(basename(home.published), digest)) return [];
  return [warn(`${home.live} does not lead to the live config ${digest}`, 'the start of vigosrv mends it')];
}

async function resolveAll(subject: Subject, stacks: Stacks): Promise<Finding[]> {
  const [{ formatPosition, refPlaces, refsOfRule }, { openSecretReader }] = await Promise.all([
    import('../../policy/index.js'),
    import('../../vault/index.js'),
  ]);
  const seen = await subject.seenVersions();
  const reader = await openSecretReader(subject.layout);
  try {
    const sizes = new Map<KeyName, number>();
    const findings: Finding[] = [];
    const places = refPlaces(stacks);
    for (const [key, at] of places) {
      const resolved = await resolve(reader, key, seen.get(key) ?? 0);
      if ('bytes' in resolved) sizes.set(key, resolved.bytes);
      else findings.push(...at.map((place) => fail(`${formatPosition(place)}: ${resolved.problem}`, resolved.hint)));
    }
    for (const rule of stacks.rules) {
      const bytes = [...refsOfRule(stacks, rule)].reduce((sum, key) => sum + (sizes.get(key) ?? 0), 0);
      if (bytes <= MAX_BUNDLE_SECRET_BYTES) continue;
      const hint = `an envoy is handed at most ${MAX_BUNDLE_SECRET_BYTES} bytes at once`;
      findings.push(
        fail(`${formatPosition(rule.at)}: the secrets for ${rule.match} have ${bytes} bytes together`, hint),
      );
    }
    return findings.length > 0
      ? findings
      : [ok(`${plural(places.size, 'ref')} of the live config: every one resolves`)];
  } finally {
    reader.dispose();
  }
}

async function resolve(
  reader: SecretReader,
  key: KeyName,
  seen: number,
): Promise<{ bytes: number } | { problem: string; hint: string | undefined }> {
  try {
    const { version, value } = await reader.open(key);
    const { length } = value.expose();
    value.dispose();
    if (version >= seen) return { bytes: length };
    return {
      problem: `${key} has version ${version}, but there was a version ${seen}`,
      hint: `an older file was put back: vigocli secrets set raw ${key}`,
    };
  } catch (error) {
    if (!(error instanceof VigoError)) throw error;
    const missing = error.code === 'not_found';
    return { problem: error.message, hint: missing ? `vigocli secrets set raw ${key}` : error.hint };
  }
}
