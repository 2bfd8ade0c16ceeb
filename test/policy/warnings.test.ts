import t from 'tap';
import { utf8 } from '../../lib/base/index.js';
import { examineStacks, formatPosition } from '../../lib/policy/index.js';
import { type Tree, unmark } from './kit.js';

async function examine(tree: Tree) {
  const files = Object.entries(tree).map(([file, text]) => [file, utf8(text)] as const);
  return examineStacks(new Map(files));
}

function rules(...matches: string[]): Tree {
  const lines = matches.map((match) => {
    const mark = match.startsWith('▶') ? '▶' : '';
    return `  - ${mark}{ match: "${match.replace('▶', '')}", configcrates: [] }\n`;
  });
  return { 'envoys.vgo': `envoys:\n${lines.join('')}` };
}

t.test('warns of a rule that an earlier one shadows', async (t) => {
  for (const matches of [
    ['*', '▶web-1'],
    ['a*', '▶A*'],
    ['web-*', '▶web-1', '▶web-?', '▶web-*-eu', 'web', 'db-*'],
    ['*-eu', '▶web-*-eu', 'web-*'],
    ['w?b', '▶web', 'w*b', '▶weeb'],
    ['w?b', 'wb', 'weeb'],
    ['web-1', 'web-2', '▶web-1'],
    ['?', '*'],
    ['??*', '▶*??', '*'],
    ['*.example.org', '▶*.eu.example.org', 'example.org'],
  ]) {
    const { tree, expected } = unmark(rules(...matches));
    const { problems, warnings } = await examine(tree);
    t.same(problems, [], matches.join(' '));
    t.same(warnings.map(formatPosition), expected, matches.join(' '));
  }
});

t.test('warns of a configcrate that no rule gives to a host, also where only a shadowed rule names it', async (t) => {
  const { tree, expected } = unmark({
    'a.vgo': 'configcrate: a\n---\n▶configcrate: b\n---\n▶configcrate: c\n',
    'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [a] }\n  - ▶{ match: x, configcrates: [b] }\n',
  });
  t.same((await examine(tree)).warnings.map(formatPosition), expected);
  const { warnings } = await examine({ 'a.vgo': 'configcrate: a\n', 'envoys.vgo': 'envoys:\n  - [\n' });
  t.same(warnings, [], 'says nothing where the rules could not be read');
});

t.test('warns of what looks like a var and stays text', async (t) => {
  const { tree, expected } = unmark({
    'web.vgo':
      'configcrate: web\nvars: { port: 1 }\nresources:\n  - name: x\n    type: file\n    path: /x\n    content: |\n' +
      '      arch = ▶{{ traits.arch }}\n      ▶{{ port }} {{ vars.port }} {{ other }} {{ .Values.x }} {{ vars::port }}\n' +
      '      ▶{{secrets.db}} ▶{{ var.port }}\n',
    'envoys.vgo': 'envoys: [{ match: "*", configcrates: [web] }]\n',
  });
  const { problems, warnings } = await examine(tree);
  t.same(problems, []);
  t.same(warnings.map(formatPosition), expected);
  t.match(warnings[0], { message: '{{ traits.arch }} stays text' });
  t.match(warnings[1], { hint: 'write {{ vars.port }} for the var' });
});

t.test('compares thousands of patterns without a stall', async (t) => {
  const many = Array.from({ length: 3000 }, (_, i) => `*a${i}*b*c?d*`);
  t.same((await examine(rules(...many))).problems, []);
});
