import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { parseKeyName, utf8, VigoError } from '../../lib/base/index.js';
import type { SecretsProvider } from '../../lib/server/publishing/secrets-provider.js';
import { SecretsTwin } from '../secrets-twin.js';
import { makeOpen } from '../vault/kit.js';

/** A provider, and what an operator does to it. */
interface Subject {
  readonly provider: SecretsProvider;
  set(name: string, value: Uint8Array): Promise<unknown>;
  delete(name: string): Promise<unknown>;
}

const subjects: Readonly<Record<string, (t: Test) => Promise<Subject>>> = {
  async 'the vault'(t) {
    const { vault, reader } = await makeOpen(t);
    return {
      provider: await reader(),
      set: (name, value) => vault.set(parseKeyName(name), value, { kind: 'raw' }),
      delete: (name) => vault.delete(parseKeyName(name)),
    };
  },
  async 'its twin in memory'() {
    const twin = new SecretsTwin();
    return {
      provider: twin,
      set: async (name, value) => twin.set(name, value),
      delete: async (name) => twin.delete(name),
    };
  },
};

const A = parseKeyName('shop/a');
const B = parseKeyName('shop/b');

for (const [what, make] of Object.entries(subjects)) {
  t.test(`what the server relies on: ${what}`, async (t) => {
    await t.test('values are given to the byte, each a copy of its own', async (t) => {
      const { provider, set } = await make(t);
      const bytes = randomBytes(1000);
      await set(A, bytes);
      const [one, two] = [await provider.open(A), await provider.open(A)];
      t.same(Buffer.from(one.value.expose()), bytes);
      one.value.dispose();
      t.same(Buffer.from(two.value.expose()), bytes);
      two.value.dispose();
      provider.dispose();
    });

    await t.test('a missing secret is an error of that kind', async (t) => {
      const { provider, set } = await make(t);
      await set(A, utf8('1'));
      const error = await provider.open(B).catch((error: unknown) => error);
      t.type(error, VigoError);
      t.match(error, { kind: 'not_found' });
      provider.dispose();
    });

    await t.test('versions rise with each change, also across a deletion', async (t) => {
      const { provider, set, delete: remove } = await make(t);
      t.same(await provider.versions(), new Map());
      const seen: number[] = [];
      for (const value of ['1', '2', '', '3']) {
        if (value === '') {
          await remove(A);
          t.same(await provider.versions(), new Map([[B, 1]]));
          t.match(await provider.open(A).catch((error: unknown) => error), { kind: 'not_found' });
          continue;
        }
        await set(A, utf8(value));
        if (value === '1') await set(B, utf8('other'));
        const { version, value: opened } = await provider.open(A);
        opened.dispose();
        seen.push(version);
        t.same(
          await provider.versions(),
          new Map([
            [A, version],
            [B, 1],
          ]),
        );
        t.same(await provider.versions([A]), new Map([[A, version]]));
        t.same(await provider.versions([parseKeyName('none')]), new Map());
        t.same(await provider.versions([]), new Map());
      }
      t.ok(
        seen.every((version, i) => i === 0 || version > (seen[i - 1] ?? 0)),
        seen.join(),
      );
      provider.dispose();
    });

    await t.test(
      'a subscriber hears of every change, one call at a time, and of all of it where a call failed',
      async (t) => {
        const { provider, set, delete: remove } = await make(t);
        const heard: (ReadonlySet<string> | undefined)[] = [];
        let told = () => {};
        let inside = 0;
        let failing = false;
        const subscription = provider.watch(async (keys) => {
          t.equal(++inside, 1);
          await new Promise(setImmediate);
          inside--;
          heard.push(keys);
          told();
          if (failing) {
            failing = false;
            throw new Error('not now');
          }
        });
        const hears = async (holds: (keys: ReadonlySet<string> | undefined) => boolean) => {
          while (!heard.some(holds)) {
            await new Promise<void>((resolve) => {
              told = resolve;
            });
          }
          heard.length = 0;
        };
        const of = (name: string) => (keys: ReadonlySet<string> | undefined) => keys === undefined || keys.has(name);
        await subscription.ready;
        await set(A, utf8('1'));
        await hears(of(A));
        await Promise.all([set(B, utf8('1')), set(A, utf8('2'))]);
        await hears(of(A));
        await remove(A);
        await hears(of(A));
        failing = true;
        await set(A, utf8('3'));
        await hears((keys) => keys === undefined);
        subscription.stop();
        await set(A, utf8('4'));
        const { version, value } = await provider.open(A);
        value.dispose();
        t.equal(version, 4);
        t.same(heard, [], 'nobody is called any more');
        provider.dispose();
      },
    );
  });
}
