import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DIST } from './shell.js';

/** Throws where no program catches it, once the program has said what is to happen then. */
const UNCAUGHT = `process.on('newListener', (name) => {
  if (name === 'uncaughtException') setImmediate(function brokenPart() { ['a'].map('CANARY'); });
});`;
/** Throws where a command asks for it. */
const CAUGHT = `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
fs.realpathSync = fs.lstatSync = function brokenPart() { JSON.parse('CANARY'); };
syncBuiltinESMExports();`;

const COMMANDS = {
  vigocli: ['secrets', 'reveal', 'a', '--output', 'b'],
  vigo: ['unit'],
  vigosrv: ['--unit'],
};

t.test('a defect prints where it is and nothing of the source, in every program', async (t) => {
  const folder = t.testdir({ 'uncaught.mjs': UNCAUGHT, 'caught.mjs': CAUGHT });
  writeFileSync(join(folder, 'package.json'), '{}');
  for (const [program, args] of Object.entries(COMMANDS)) {
    for (const preload of ['uncaught.mjs', 'caught.mjs']) {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--import', join(folder, preload), join(DIST, `${program}.mjs`), ...args],
        { encoding: 'utf8', env: { PATH: process.env.PATH, VIGO_HOME: join(folder, 'home') } },
      );
      const about = `${program} ${preload}`;
      t.equal(status, 1, about);
      t.match(stderr, new RegExp(`^error: ${program} itself failed: (TypeError|SyntaxError)`), about);
      t.match(stderr, /^ {4}at .*brokenPart.*caught\.mjs:\d+:\d+\)$/m, about);
      t.match(stderr, new RegExp(`^hint: this is a defect of ${program} \\d`, 'm'), about);
      t.ok(stderr.length < 5000, `${about}: ${stderr.length} characters`);
      t.notMatch(stdout + stderr, /CANARY/, about);
      if (preload === 'caught.mjs')
        t.match(stderr, new RegExp(`/${program}\\.mjs:\\d+:\\d+`), 'and where in the program');
    }
  }
});
