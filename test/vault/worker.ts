// A process that works on a vault until it is done or killed. It says on stdout what it records, and what it set.
import { writeSync } from 'node:fs';
import { type KeyName, parseKeyName, utf8, VigoError } from '../../lib/base/index.js';
import { openVault, type Vault } from '../../lib/vault/index.js';
import { openGate, sqliteLock } from './kit.js';

export interface Job {
  readonly secretsDir: string;
  readonly lock: string;
  readonly name: string;
  readonly seed: number;
  /** `verbs`: any verb on any key, for ever. `count`: raise a counter by one, this often, and rekey now and then. */
  readonly what: { readonly verbs: readonly string[] } | { readonly count: number; readonly rekeyEach: number };
}

export const COUNTER = parseKeyName('vigo/counter');
export const KEYS = ['a', 'b/c', 'b/d'].map(parseKeyName);

const say = (line: object) => void writeSync(1, `${JSON.stringify(line)}\n`);

async function main(job: Job): Promise<void> {
  const clock = { nowMs: () => Date.now() };
  const lock = sqliteLock(job.lock);
  const journal = { record: async (entry: object) => say(entry) };
  const vault = openVault({ secretsDir: job.secretsDir, lock, journal, clock, actor: job.name });
  /** A rekey closes the gate for everybody, and they unlock again. */
  const unlocking = async <T>(work: () => Promise<T>): Promise<T> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof VigoError) || error.kind !== 'locked') throw error;
        await lock.exclusively(() => openGate(vault.layout, clock));
      }
    }
  };
  const random = numbers(job.seed);
  if ('count' in job.what) await count(vault, job.name, job.what, unlocking);
  else for (let i = 0; ; i++) await doSomething(vault, job.what.verbs, random, `${job.name}-${i}`, unlocking);
}

type Unlocking = <T>(work: () => Promise<T>) => Promise<T>;

async function doSomething(
  vault: Vault,
  verbs: readonly string[],
  random: (below: number) => number,
  value: string,
  unlocking: Unlocking,
): Promise<void> {
  const key = KEYS[random(KEYS.length)] as KeyName;
  const to = KEYS[random(KEYS.length)] as KeyName;
  const work: Record<string, () => Promise<unknown>> = {
    set: () => vault.set(key, utf8(value), { kind: 'raw' }),
    rollback: () => vault.rollback(key),
    delete: () => vault.delete(key),
    purge: () => vault.purge(key),
    move: () => vault.move(key, to),
    rekey: () => vault.rekey(),
  };
  const verb = verbs[random(verbs.length)] as string;
  say({ verb, key, to, value });
  await unlocking(work[verb] as () => Promise<unknown>).catch((error) => {
    // There may be nothing to remove, or something in the way.
    if (!(error instanceof VigoError) || !['not_found', 'conflict'].includes(error.kind)) throw error;
  });
}

async function count(
  vault: Vault,
  name: string,
  { count, rekeyEach }: { count: number; rekeyEach: number },
  unlocking: Unlocking,
): Promise<void> {
  const own = parseKeyName(`own/${name}`);
  for (let done = 0; done < count; ) {
    const { version, value } = await unlocking(() => vault.open(COUNTER));
    const next = utf8(String(Number(Buffer.from(value.expose()).toString()) + 1));
    try {
      await unlocking(() => vault.set(COUNTER, next, { kind: 'raw', ifVersion: version }));
      done++;
    } catch (error) {
      if (!(error instanceof VigoError) || error.code !== 'version_conflict') throw error;
    }
    await unlocking(() => vault.set(own, utf8(String(done)), { kind: 'raw' }));
    if (rekeyEach > 0 && done % rekeyEach === 0) await unlocking(() => vault.rekey());
  }
}

/** Numerical Recipes' linear congruential generator: enough to choose what to do, and the same for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

if (process.env.VIGO_TEST_JOB !== undefined) await main(JSON.parse(process.env.VIGO_TEST_JOB) as Job);
