import fc from 'fast-check';
import t from 'tap';
import { agentTargets } from './agent-targets.js';
import { mutate, mutations } from './mutation.js';
import { serverTargets } from './server-targets.js';
import { corpusOf, type Target } from './target.js';

/** `VIGO_TEST_LONG=1`: an hour of it, instead of some seconds. */
const RUNS = process.env.VIGO_TEST_LONG === '1' ? 500_000 : 800;

/** What is wrong with how some bytes were taken; nothing where they were read, or refused as they should. */
async function problemWith({ read, errors }: Target, bytes: Buffer): Promise<string | undefined> {
  const before = Buffer.from(bytes);
  try {
    const again = await read(bytes);
    if (again !== undefined && !before.equals(again)) return 'accepted, though it is spelled otherwise';
  } catch (error) {
    const { name, code } = error as { name?: unknown; code?: unknown };
    if (!errors.includes(`${name} ${code}`)) return `${name} ${code}: ${(error as Error).stack}`;
  }
  return before.equals(bytes) ? undefined : 'it wrote into what it read';
}

for (const target of [...serverTargets, ...agentTargets]) {
  t.test(target.name, async (t) => {
    for (const seed of target.seeds) {
      await t.resolves(async () => target.read(Buffer.from(seed)), 'a valid one is read');
      t.equal(await problemWith(target, Buffer.from(seed)), undefined);
    }
    const corpus = corpusOf(target.name);
    for (const bytes of corpus) t.equal(await problemWith(target, bytes), undefined, bytes.toString('hex', 0, 24));

    const inputs = [...target.seeds, ...corpus];
    const input = fc.constantFrom(...inputs);
    await fc.assert(
      fc.asyncProperty(input, mutations, input, async (bytes, changes, other) => {
        const mutant = mutate(bytes, changes, other);
        const problem = await problemWith(target, mutant);
        if (problem !== undefined)
          throw new Error(`${problem}\nfor corpus/${target.name}.hex: ${mutant.toString('hex')}`);
      }),
      { numRuns: RUNS },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const problem = await problemWith(target, Buffer.from(bytes));
        if (problem !== undefined)
          throw new Error(`${problem}\nfor corpus/${target.name}.hex: ${Buffer.from(bytes).toString('hex')}`);
      }),
      { numRuns: RUNS / 4 },
    );
    t.pass('mutants and junk are read or refused, and nothing else happens');
  });
}
