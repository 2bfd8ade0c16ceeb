import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { checkIntegrity } from '../../lib/store/index.js';
import { loadDriver } from '../../lib/store/sqlite/driver.js';

t.test('a sound database, one with a damaged page, and no database', async (t) => {
  const Database = await loadDriver();
  const path = join(t.testdir(), 'x.db');
  const db = new Database(path);
  db.exec('CREATE TABLE a (x TEXT); CREATE INDEX b ON a (x)');
  const insert = db.prepare('INSERT INTO a VALUES (?)');
  db.transaction(() => {
    for (let i = 0; i < 1000; i++) insert.run(`value ${i}`);
  })();
  db.close();
  t.same(await checkIntegrity(path), []);
  const bytes = readFileSync(path);
  const pages = bytes.length / 4096;
  bytes.fill(0xff, 4096 * (pages - 1), 4096 * (pages - 1) + 100);
  writeFileSync(path, bytes);
  const problems = await checkIntegrity(path).catch((error) => [error.code]);
  t.ok(problems.length > 0, String(problems));
  writeFileSync(path, Buffer.alloc(8192, 'no database'));
  await t.rejects(checkIntegrity(path), { room: 'store', code: /corrupt/ });
});
