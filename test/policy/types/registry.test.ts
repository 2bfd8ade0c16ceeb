import t from 'tap';
import { type ResourceTypeName, readResource } from '../../../lib/policy/types/registry.js';

type Values = Readonly<Record<string, string | readonly string[] | undefined>>;

/** What a type makes of values, and the attributes that it complains about. */
function read(type: ResourceTypeName, values: Values) {
  const flaws: (string | undefined)[] = [];
  const resource = readResource(type, 'x', new Map(Object.entries(values)), (attribute) => flaws.push(attribute));
  return { resource, flaws };
}

const secret = '__VIGO_SECRET__k__END_VIGO_SECRET__';
const long = (length: number) => 'x'.repeat(length);

t.test('defaults are written down', async (t) => {
  const file = { name: 'x', type: 'file', path: '/x' };
  t.same(read('file', { path: '/x' }).resource, { ...file, ensure: 'present', mode: '0644' });
  t.same(read('file', { path: '/x', ensure: 'absent' }).resource, { ...file, ensure: 'absent' });
  t.match(read('file', { path: '/x', content: 'a' }).resource, { mode: '0644' });
  t.match(read('file', { path: '/x', content: `a ${secret}` }).resource, { mode: '0600' });
  t.match(read('directory', { path: '/x' }).resource, { ensure: 'present', mode: '0755' });
  t.match(read('exec', { command: 'a' }).resource, { command: 'a', timeout: '5m' });
});

t.test('the mode of a file that holds a secret', async (t) => {
  for (const mode of ['0600', '0640', '0660', '0400', '2750']) {
    t.same(read('file', { path: '/x', content: secret, mode }).flaws, [], mode);
  }
  for (const mode of ['0644', '0604', '0602', '0601', '0777']) {
    t.same(read('file', { path: '/x', content: secret, mode }).flaws, ['mode'], mode);
    t.same(read('file', { path: '/x', content: 'open', mode }).flaws, [], mode);
  }
});

t.test('values that an attribute takes', async (t) => {
  for (const [type, values] of [
    ['file', { path: '/etc/a b/ö', owner: 'root', group: '0', mode: '4755', content: '' }],
    ['file', { path: '/...', owner: '_www-data', group: 'Staff.1' }],
    ['directory', { path: '/' }],
    [
      'exec',
      { command: ['a', '', ' '], onlyif: ['b'], unless: 'c', cwd: '/', creates: '/x', stdin: '', timeout: '1d' },
    ],
  ] as const) {
    t.same(read(type, values).flaws, [], JSON.stringify(values));
  }
});

t.test('values that an attribute does not take', async (t) => {
  const file = (values: Values) => read('file', { path: '/x', ...values }).flaws;
  for (const path of [
    '',
    'x',
    './x',
    '/x/',
    '//x',
    '/a//b',
    '/a/./b',
    '/a/../b',
    '/a\n',
    '/a\0',
    `/${long(4096)}`,
    '/',
  ]) {
    t.same(file({ path }), ['path'], JSON.stringify(path).slice(0, 20));
  }
  for (const mode of ['', '644', '00644', '0888', '+rwx', '0o644']) t.same(file({ mode }), ['mode'], mode);
  for (const owner of ['', 'a b', '-a', '01', 'a:b', long(33), '9999999999']) t.same(file({ owner }), ['owner'], owner);
  for (const ensure of ['', 'Present', 'latest']) t.same(file({ ensure }), ['ensure'], ensure);
  const exec = (values: Values) => read('exec', { command: 'a', ...values }).flaws;
  for (const command of ['', ' ', [], [''], ['a\0b'], 'a\0', long(16_385), Array(1001).fill('a')]) {
    t.same(exec({ command }), ['command'], JSON.stringify(command).slice(0, 20));
  }
  t.same(exec({ command: ['a', long(16_384)] }), ['command']);
  t.same(exec({ command: long(16_384) }), []);
  for (const timeout of ['', '5', '0s', '2d', '25h', '1w']) t.same(exec({ timeout }), ['timeout'], timeout);
  t.same(exec({ cwd: 'x', creates: 'y' }), ['cwd', 'creates']);
});

t.test('attributes that are missing, unknown, or go against each other', async (t) => {
  t.same(read('file', {}).flaws, [undefined]);
  t.same(read('exec', { cwd: '/' }).flaws, [undefined]);
  t.same(read('file', { path: '/x', command: 'a' }).flaws, ['command']);
  const all = { path: '/x', ensure: 'absent', mode: '0600', owner: 'a', group: 'b' };
  t.same(read('file', { ...all, content: '' }).flaws, ['content', 'mode', 'owner', 'group']);
  t.same(read('directory', all).flaws, ['mode', 'owner', 'group']);
  t.same(read('file', { path: undefined }), { resource: undefined, flaws: [] }, 'what was reported before');
});

t.test('secrets stand in content and stdin alone', async (t) => {
  const file = { path: '/x', content: secret, mode: '0600', owner: 'a', group: 'b', ensure: 'present' };
  for (const name of Object.keys(file)) {
    t.same(read('file', { ...file, [name]: secret }).flaws, name === 'content' ? [] : [name], name);
  }
  const exec = { command: 'a', cwd: '/', onlyif: 'a', unless: 'a', creates: '/x', stdin: secret, timeout: '1m' };
  for (const name of Object.keys(exec)) {
    t.same(read('exec', { ...exec, [name]: secret }).flaws, name === 'stdin' ? [] : [name], name);
  }
  t.same(read('exec', { command: ['a', secret] }).flaws, ['command']);
});
