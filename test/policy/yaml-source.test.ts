import t from 'tap';
import { ProblemList } from '../../lib/policy/problems.js';
import { SourceText } from '../../lib/policy/source/source-tree.js';
import { readYaml } from '../../lib/policy/source/yaml-source.js';

function read(text: string) {
  const problems = new ProblemList();
  const nodes = readYaml(new SourceText('x.vgo', text), problems);
  return { nodes, sound: problems.isEmpty };
}

const MIB = 1024 * 1024;

t.test('files that were made to stall or to break the parser', async (t) => {
  for (const [title, unit, count] of [
    ['open lists', '[', MIB],
    ['open maps', '{a: ', MIB / 4],
    ['open entries', '- ', MIB / 2],
    ['open keys', '? ', MIB / 2],
    ['keys on one line', "'a': ", MIB / 5],
    ['anchors', '&a ', MIB / 3],
    ['tags', '!a ', MIB / 3],
    ['documents', '---\n', MIB / 4],
    ['commas', ',', MIB],
    ['a million keys', 'a: 1\n', MIB / 5],
  ] as const) {
    const { nodes, sound } = read(unit.repeat(count));
    t.notOk(sound, title);
    // A file of commas is one text to the parser, and no more than that is read of it.
    if (unit !== ',') t.equal(nodes, undefined, title);
  }
});

t.test('a deep file below the limit of tokens', async (t) => {
  t.notOk(read(Array.from({ length: 100 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')).sound);
  t.ok(read(Array.from({ length: 6 }, (_, i) => `${' '.repeat(i)}a:\n`).join('')).sound);
});

t.test('aliases are refused before anything is multiplied', async (t) => {
  const laughs = Array.from({ length: 20 }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i},`.repeat(9)}]`).join('\n');
  t.notOk(read(`a0: &a0 [ha]\n${laughs}\n`).sound);
});

t.test('YAML 1.2, core schema', async (t) => {
  const { nodes } = read('- yes\n- true\n- 1_000\n- 12\n- 2024-01-01\n- ~\n- "1"\n- << \n- 0o17\n');
  const [list] = nodes ?? [];
  const values = list?.kind === 'list' ? list.items.map((item) => (item.kind === 'scalar' ? item.value : item)) : [];
  t.same(values, ['yes', true, '1_000', 12, '2024-01-01', null, '1', '<<', 15]);
});

t.test('every document of a file, empty ones left out', async (t) => {
  const { nodes } = read('\ufeff# first\n---\na: 1\n---\n...\n---\nb: 2\n');
  t.same(
    nodes?.map((node) => (node.kind === 'map' ? node.entries.map(({ key }) => key) : node.kind)),
    [['a'], ['b']],
  );
});
