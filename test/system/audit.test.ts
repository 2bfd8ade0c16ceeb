import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';
import t from 'tap';
import { startFleet } from './start-fleet.js';

t.test('the log after a day of everything', async (t) => {
  const fleet = await startFleet(t);
  for (const value of ['one', 'two']) await fleet.setSecret('shop/password', value);
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop] }\n',
    'shop.vgo': `
configcrate: shop
resources:
  - { name: settings, type: file, path: ${fleet.root}/shop.ini, content: "secret:shop/password" }
`,
  });
  await fleet.enroll('web-1');
  await fleet.vigo('web-1', 'run', '--once');
  await fleet.run('vigocli', ['secrets', 'reveal', 'shop/password']);
  await fleet.vigocli('envoys', 'rename', 'web-1', 'web-2');
  await fleet.vigocli('envoys', 'revoke', 'web-2');
  await fleet.vigocli('secrets', 'delete', 'shop/password', '--force');
  await fleet.vigocli('audit', 'verify');
  // Nobody writes to it from here on.
  await fleet.server.end();
  const { size } = JSON.parse((await fleet.vigocli('audit', 'verify', '--json')).stdout);
  t.ok(size > 20, `${size} entries hold together`);
  const middle = Math.floor(size / 2);

  const copy = join(fleet.root, 'copy.db');
  const tampered: Record<string, { tamper: (db: Database) => unknown; seq: number; problem: string }> = {
    'an entry with another outcome': {
      tamper: (db) =>
        db.exec(
          `UPDATE audit_log SET bytes = CAST(replace(CAST(bytes AS TEXT), 'done', 'DONE') AS BLOB) WHERE seq = 2`,
        ),
      seq: 2,
      problem: 'altered',
    },
    'an entry with another hash': {
      tamper: (db) => db.prepare('UPDATE audit_log SET hash = zeroblob(32) WHERE seq = ?').run(middle),
      seq: middle,
      problem: 'altered',
    },
    'a removed entry': {
      tamper: (db) => db.prepare('DELETE FROM audit_log WHERE seq = ?').run(middle),
      seq: middle,
      problem: 'missing',
    },
    'a removed entry, and the rest moved up': {
      tamper: (db) => {
        db.prepare('DELETE FROM audit_log WHERE seq = ?').run(middle);
        for (let seq = middle + 1; seq <= size; seq++) {
          db.prepare('UPDATE audit_log SET seq = seq - 1 WHERE seq = ?').run(seq);
        }
      },
      seq: middle,
      problem: 'altered',
    },
    'an inserted entry, and the rest moved down': {
      tamper: (db) => {
        for (let seq = size; seq >= middle; seq--) {
          db.prepare('UPDATE audit_log SET seq = seq + 1 WHERE seq = ?').run(seq);
        }
        db.prepare('INSERT INTO audit_log (seq, bytes, hash) SELECT ?, bytes, hash FROM audit_log WHERE seq = ?').run(
          middle,
          middle - 1,
        );
      },
      seq: middle,
      problem: 'altered',
    },
    'an entry added at the end': {
      tamper: (db) =>
        db
          .prepare('INSERT INTO audit_log (seq, bytes, hash) SELECT seq + 1, bytes, hash FROM audit_log WHERE seq = ?')
          .run(size),
      seq: size + 1,
      problem: 'surplus',
    },
    'two entries that changed places': {
      tamper: (db) => {
        const move = db.prepare('UPDATE audit_log SET seq = ? WHERE seq = ?');
        move.run(size + 1, middle);
        move.run(middle, middle + 1);
        move.run(middle + 1, size + 1);
      },
      seq: middle,
      problem: 'altered',
    },
    'a log cut off': {
      tamper: (db) => db.prepare('DELETE FROM audit_log WHERE seq > ?').run(size - 3),
      seq: size - 2,
      problem: 'truncated',
    },
    'no entry at all': { tamper: (db) => db.exec('DELETE FROM audit_log'), seq: 1, problem: 'truncated' },
    'a head that knows fewer entries': {
      tamper: (db) => db.exec('UPDATE audit_head SET size = size - 1'),
      seq: size,
      problem: 'surplus',
    },
    'a head of something else': {
      tamper: (db) => db.exec('UPDATE audit_head SET head = zeroblob(32)'),
      seq: size,
      problem: 'bad_head',
    },
  };
  for (const [what, { tamper, seq, problem }] of Object.entries(tampered)) {
    await t.test(what, async (t) => {
      await fleet.copyDatabase(copy);
      fleet.inDatabase(tamper, copy);
      const verify = await fleet.run('vigocli', ['audit', 'verify', '--db', copy, '--json']);
      t.equal(verify.code, 1);
      t.match(JSON.parse(verify.stdout), { ok: false, seq, problem });
      t.match(verify.stderr, /^error: .*\b(entry|entries|log)\b.*\nhint: /);
    });
  }

  await t.test('one bit of an entry, in the file itself', async (t) => {
    await fleet.copyDatabase(copy);
    const whole = readFileSync(copy);
    const at = whole.indexOf('"action":"envoy.revoked"');
    t.ok(at > 0);
    const bytes = Buffer.from(whole);
    bytes[at + 12] = (bytes[at + 12] ?? 0) ^ 1;
    writeFileSync(copy, bytes, { mode: 0o600 });
    const verify = await fleet.run('vigocli', ['audit', 'verify', '--db', copy]);
    t.equal(verify.code, 1);
    const [revoked] = await fleet.audit('envoy.revoked');
    t.match(verify.stderr, `entry ${revoked?.seq} `);
  });

  await t.test('the true one still holds', async (t) => {
    const { stderr } = await fleet.vigocli('audit', 'verify');
    t.match(stderr, /entries hold together; tree root [0-9a-f]{64}/);
  });
});
