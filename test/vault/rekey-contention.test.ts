import { join } from 'node:path';
import t from 'tap';
import { utf8 } from '../../lib/base/index.js';
import { makeOpen, openGate } from './kit.js';
import { LONG, makeWorkers } from './processes.js';
import { COUNTER } from './worker.js';

const PROCESSES = LONG ? 100 : 4;
const TIMES = LONG ? 3 : 5;

if (LONG) t.setTimeout(3_600_000);

t.test(`${PROCESSES} processes write, read and rekey the same keys: no acknowledged write is lost`, async (t) => {
  const kit = await makeOpen(t);
  const start = await makeWorkers(t);
  await kit.vault.set(COUNTER, utf8('0'), { kind: 'raw' });
  const reader = await kit.reader();
  const workers = Array.from({ length: PROCESSES }, (_, i) =>
    start({
      secretsDir: kit.secretsDir,
      lock: join(kit.home, 'vault.lock'),
      name: `p${i}`,
      seed: i,
      what: { count: TIMES, rekeyEach: i % 4 === 0 ? 2 : 0 },
    }),
  );
  let working = true;
  const ended = Promise.all(workers.map(({ ended }) => ended)).finally(() => {
    working = false;
  });
  // The server reads all the while, without a lock.
  let last = 0;
  while (working) {
    const { version, value } = await reader.open(COUNTER);
    if (version < last) t.fail(`version ${version} after ${last}`);
    t.equal(Number(Buffer.from(value.expose()).toString()), version - 1);
    last = version;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  for (const { code, errors } of await ended) t.same({ code, errors }, { code: 0, errors: '' });

  await openGate(kit.vault.layout, kit.clock);
  const { value, version } = await kit.vault.open(COUNTER);
  t.equal(Buffer.from(value.expose()).toString(), String(PROCESSES * TIMES));
  t.equal(version, PROCESSES * TIMES + 1);
  for (let i = 0; i < PROCESSES; i++) {
    t.equal((await kit.vault.list()).filter(({ name }) => name === `own/p${i}`)[0]?.about?.version !== undefined, true);
  }
  const rekeys = workers.flatMap((worker) => worker.said()).filter((line) => line.action === 'vault.rekeyed');
  t.ok(rekeys.some(({ outcome }) => outcome === 'done'));
  t.notOk(rekeys.some(({ outcome }) => outcome === 'failed'));
});
