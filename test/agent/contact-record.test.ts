import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ContactRecord, clockTrouble, readContact } from '../../lib/agent/contact/contact-record.js';
import { parseEnvoyId, parseHostName } from '../../lib/base/index.js';
import { RpcError } from '../../lib/rpc/index.js';
import { Rejection } from '../../lib/wire/index.js';

const gone = new RpcError('unavailable', 'nobody there');
const unknown = new Rejection('unknown', 'this server knows no such envoy');

function setUp(t: Test) {
  const path = join(t.testdir(), 'contact');
  const clock = { ms: 1_000_000, nowMs: () => clock.ms };
  const warnings: string[] = [];
  const open = () =>
    ContactRecord.open({
      path,
      clock,
      redact: (text) => text.replaceAll('hunter2', '***'),
      warn: (event) => warnings.push(event),
    });
  return { path, clock, warnings, open };
}

t.test('a reason is kept with the time since when it is the same, also across processes', async (t) => {
  const { path, clock, open } = setUp(t);
  const first = await open();
  t.same((await readContact(path)).troubles, []);
  await first.note('check-in', gone);
  clock.ms += 5000;
  await (await open()).note('check-in', gone);
  const trouble = { task: 'check-in', reason: 'unavailable', message: 'nobody there', advice: null };
  t.strictSame((await readContact(path)).troubles, [{ ...trouble, since_ms: 1_000_000 }]);
  const next = await open();
  await next.note('check-in', new RpcError('unavailable', 'somebody else there'));
  t.match(
    (await readContact(path)).troubles,
    [{ message: 'somebody else there', since_ms: 1_000_000 }],
    'told otherwise',
  );
  await next.note('check-in', unknown);
  t.match((await readContact(path)).troubles, [
    { reason: 'unknown', advice: /vigo enroll --again/, since_ms: 1_005_000 },
  ]);
  await next.note('secrets', gone);
  await next.note('check-in', undefined);
  t.match((await readContact(path)).troubles, [{ task: 'secrets' }]);
  await next.note('secrets', undefined);
  t.strictSame((await readContact(path)).troubles, []);
});

t.test('what does not change is not written', async (t) => {
  const { path, open } = setUp(t);
  const record = await open();
  await record.note('check-in', undefined);
  t.throws(() => statSync(path), { code: 'ENOENT' });
  await record.note('check-in', gone);
  const { ino } = statSync(path);
  await record.note('check-in', gone);
  t.equal(statSync(path).ino, ino);
});

t.test('following a task passes on how it ended', async (t) => {
  const { path, open } = setUp(t);
  const record = await open();
  await t.rejects(
    record.follow('report', () => Promise.reject(unknown)),
    unknown,
  );
  t.match((await readContact(path)).troubles, [{ task: 'report', reason: 'unknown' }]);
  t.equal(await record.follow('report', async () => 7), 7);
  t.same((await readContact(path)).troubles, []);
  await t.rejects(
    record.follow('report', () => Promise.reject(new TypeError('a defect'))),
    TypeError,
  );
  t.same((await readContact(path)).troubles, []);
});

t.test('no value gets into it, and nothing without end', async (t) => {
  const { path, open } = setUp(t);
  await (await open()).note('report', new RpcError('failed', `hunter2 ${'x'.repeat(5000)}`, { hint: 'hunter2' }));
  t.notMatch(readFileSync(path, 'utf8'), /hunter2/);
  t.ok(statSync(path).size < 3000);
  t.equal(statSync(path).mode & 0o777, 0o600);
});

t.test('a file that is no record, and one that can not be written, stop nothing', async (t) => {
  const { path, warnings, open } = setUp(t);
  writeFileSync(path, 'junk', { mode: 0o600 });
  t.same((await readContact(path)).troubles, []);
  await (await open()).note('check-in', gone);
  t.match((await readContact(path)).troubles, [{ reason: 'unavailable' }]);
  const folder = await ContactRecord.open({
    path: join(t.testdirName, 'none', 'contact'),
    clock: { nowMs: () => 0 },
    redact: (text) => text,
    warn: (event) => warnings.push(event),
  });
  await folder.note('check-in', gone);
  t.match(warnings.at(-1), /vigo status won't know/);
});

t.test('which clock is ahead', async (t) => {
  t.match(clockTrouble(400_000), { code: 'wrong_clock', message: /400 s ahead of/ });
  t.match(clockTrouble(-400_000), { code: 'wrong_clock', message: /400 s behind/ });
});

t.test('a rename and a quarantine are noted at the check-in, and what does not change is not written', async (t) => {
  const { path, warnings, open } = setUp(t);
  const record = await open();
  const [id, renamed] = [parseEnvoyId('00000000-0000-4000-8000-000000000001'), parseHostName('web-2')];
  await record.noteRecord(id, { hostName: parseHostName('web-1'), standing: 'active' });
  t.strictSame(await readContact(path), { version: 1, troubles: [], known_as: { envoy_id: id, host_name: 'web-1' } });
  await record.noteRecord(id, { hostName: renamed, standing: 'cloned' });
  const noted = { troubles: [{ task: 'standing', reason: 'clone', advice: /vigocli envoys show/ }] };
  t.match(await readContact(path), { ...noted, known_as: { host_name: 'web-2' } });
  const { ino } = statSync(path);
  await record.noteRecord(id, { hostName: renamed, standing: 'cloned' });
  t.equal(statSync(path).ino, ino);
  t.match(warnings, [/two machines may be this envoy/]);
  t.equal(warnings.length, 1);
  await record.note('secrets', undefined);
  t.match(await readContact(path), noted, 'values that are here already say nothing against it');
  await (await open()).noteRecord(id, { hostName: renamed, standing: 'active' });
  t.strictSame(await readContact(path), { version: 1, troubles: [], known_as: { envoy_id: id, host_name: 'web-2' } });
});

t.test('a record of an earlier release is read', async (t) => {
  const { path } = setUp(t);
  const trouble = { task: 'report', reason: 'busy', message: 'later', advice: null, since_ms: 7 };
  writeFileSync(path, JSON.stringify({ version: 1, troubles: [trouble] }), { mode: 0o600 });
  t.strictSame(await readContact(path), { version: 1, troubles: [trouble] });
});
