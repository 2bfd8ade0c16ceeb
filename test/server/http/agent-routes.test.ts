import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AGENT_PATH } from '../../../lib/wire/index.js';
import { admin, makeServer, send } from '../kit.js';

const missing = { status: 412, body: { error: { code: 'missing_file' } } };

t.test('the agent as it lay there, to everybody, and its hash to the administrator', async (t) => {
  const kit = await makeServer(t);
  const toStranger = await send(kit, 'GET', AGENT_PATH);
  t.match(toStranger, missing);
  t.notMatch(JSON.stringify(toStranger.body), kit.paths.root, 'a stranger is told no path of this host');
  t.match(await admin(kit, 'GET', '/agent-program'), missing);
  const program = '#!/usr/bin/env node\n';
  writeFileSync(join(kit.paths.root, 'vigo.mjs'), program);
  for (const later of [program, 'one that was put there since']) {
    t.match(await send(kit, 'GET', AGENT_PATH), { status: 200, body: program });
    const sha256 = createHash('sha256').update(program).digest('hex');
    t.same((await admin(kit, 'GET', '/agent-program')).body, { sha256 }, 'both are of the same file');
    writeFileSync(join(kit.paths.root, 'vigo.mjs'), later);
  }
});

t.test('who fetches it too often waits', async (t) => {
  const kit = await makeServer(t);
  writeFileSync(join(kit.paths.root, 'vigo.mjs'), 'agent');
  for (let i = 0; i < 60; i++) t.match(await send(kit, 'GET', AGENT_PATH), { status: 200 });
  const limited = await send(kit, 'GET', AGENT_PATH);
  t.match(limited, { status: 429, body: { error: { code: 'too_many_attempts' } }, headers: { 'retry-after': '1' } });
  t.match(await send(kit, 'GET', AGENT_PATH, { from: '192.0.2.2' }), { status: 200 });
  kit.clock.ms += 1000;
  t.match(await send(kit, 'GET', AGENT_PATH), { status: 200 });
});
