import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { HeldGeneration } from '../../lib/agent/held/held-generation.js';
import { parseEnvoyId } from '../../lib/base/index.js';
import { bitFlips } from '../wire/test-wire.js';

const ID = parseEnvoyId('00000000-0000-4000-8000-000000000001');
const OTHER = parseEnvoyId('00000000-0000-4000-8000-000000000002');
const first = new Uint8Array(40).fill(1);
const second = new Uint8Array(40).fill(2);

t.test('stored, it is there for the next process', async (t) => {
  const path = join(t.testdir(), 'generation');
  const held = await HeldGeneration.open(path, ID);
  t.equal(held.current, undefined);
  await held.store(first);
  t.equal(statSync(path).mode & 0o7777, 0o600);
  await held.store(second);
  t.same(held.current, second);
  t.same((await HeldGeneration.open(path, ID)).current, second);
  t.equal((await HeldGeneration.open(path, OTHER)).current, undefined, 'of the envoy that this machine was before');
});

t.test('where it can not be stored the one before is quoted on', async (t) => {
  const held = await HeldGeneration.open(join(t.testdir(), 'no/folder/generation'), ID);
  await t.rejects(held.store(first), { name: 'FilesError' });
  t.equal(held.current, undefined);
});

t.test('a file that is no generation', async (t) => {
  const path = join(t.testdir(), 'generation');
  await (await HeldGeneration.open(path, ID)).store(first);
  const bytes = readFileSync(path);
  for (const flipped of bitFlips(bytes.subarray(0, 27))) {
    writeFileSync(path, Buffer.concat([flipped, bytes.subarray(27)]));
    await t.rejects(HeldGeneration.open(path, ID), { name: 'AgentError', code: 'bad_state' });
  }
  for (const cut of [0, 1, bytes.length - 1]) {
    writeFileSync(path, bytes.subarray(0, cut));
    await t.rejects(HeldGeneration.open(path, ID), { name: 'AgentError', code: 'bad_state' }, `cut after ${cut}`);
  }
  writeFileSync(path, bytes);
  chmodSync(path, 0o644);
  await t.rejects(HeldGeneration.open(path, ID), { name: 'FilesError' });
});
