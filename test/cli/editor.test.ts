import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { runEditor } from '../../lib/cli/host/editor.js';

/** What an editor of this name, reached through a link of another, is called with. */
async function argumentsOf(t: Test, program: string, link: string, editor: string): Promise<string> {
  const dir = t.testdir();
  writeFileSync(join(dir, program), `#!/bin/sh\necho "$*" > ${join(dir, 'arguments')}\n`, { mode: 0o700 });
  if (link !== program) symlinkSync(program, join(dir, link));
  await runEditor('value', { EDITOR: editor.replace('DIR', dir), PATH: `${dir}:/usr/bin:/bin` });
  return readFileSync(join(dir, 'arguments'), 'utf8').trim();
}

const KEEP_NOTHING = '-n -i NONE -c set viminfo= nobackup nowritebackup noundofile value';

t.test('vim, by any of its names, is told to keep nothing', async (t) => {
  for (const [program, link, editor] of [
    ['vim', 'vim', 'vim'],
    ['vim.basic', 'vi', 'vi'],
    ['nvim', 'nvim', 'DIR/nvim'],
  ] as const) {
    t.equal(await argumentsOf(t, program, link, editor), KEEP_NOTHING, editor);
  }
  t.equal(await argumentsOf(t, 'vim', 'vim', 'vim -R'), `-R ${KEEP_NOTHING}`);
});

t.test('another editor is called with the file alone', async (t) => {
  t.equal(await argumentsOf(t, 'busybox', 'vi', 'vi'), 'value');
  t.equal(await argumentsOf(t, 'mine', 'mine', 'mine --wait'), '--wait value');
  t.equal(await argumentsOf(t, 'nvi', 'nvi', 'nvi'), 'value');
});

t.test('an editor that ends sooner than a person could is told of', async (t) => {
  const taking = (ms: number) => {
    let now = 1_800_000_000_000;
    return {
      monotonicMs() {
        now += ms;
        return now;
      },
    };
  };
  t.same(await runEditor('value', { EDITOR: 'true' }, taking(2000)), { editor: 'true', endedAtOnce: true });
  t.same(await runEditor('value', { EDITOR: 'true' }, taking(4000)), { editor: 'true', endedAtOnce: false });
});

t.test('an editor that fails, or is not there', async (t) => {
  await t.rejects(runEditor('value', { EDITOR: 'false' }), { code: 'editor_failed' });
  await t.rejects(runEditor('value', { EDITOR: '/nowhere/vim', PATH: '' }), { code: 'editor_failed' });
});
