import t from 'tap';
import { newScope, parseTemplate, type TemplatePart } from '../../lib/policy/compose/template.js';
import { ProblemList } from '../../lib/policy/problems.js';

const at = { file: 'x.vgo', line: 1, column: 1 };

function parse(value: string) {
  const problems = new ProblemList();
  const scope = newScope(problems);
  const node = { kind: 'scalar', at, value, spelling: value, places: () => () => at } as const;
  const template = parseTemplate(node, 'text', scope);
  return { parts: (template?.parts ?? []).map(spell), refs: scope.refs.map(({ key }) => key), sound: problems.isEmpty };
}

function spell(part: TemplatePart): string {
  if (part.kind === 'text') return part.text;
  return part.kind === 'ref' ? `<${part.key}>` : `<<${part.name}>>`;
}

const texts: Readonly<Record<string, string>> = {
  // Where a ref begins.
  'secret:a/b': '<a/b>',
  'dsn=secret:a': 'dsn=<a>',
  'postgres://secret:db/user:secret:db/pw@host': 'postgres://<db/user>:<db/pw>@host',
  '(secret:a)[secret:b]{secret:c}"secret:d"': '(<a>)[<b>]{<c>}"<d>"',
  'x,secret:a;secret:b|secret:c': 'x,<a>;<b>|<c>',
  'client_secret:abc': 'client_secret:abc',
  'my-secret:abc top2secret:x öffsecret:x': 'my-secret:abc top2secret:x öffsecret:x',
  'SECRET:a Secret:a': 'SECRET:a Secret:a',
  // Where it ends.
  'see secret:a/b.': 'see <a/b>.',
  'secret:a.b.c-d_e!': '<a.b.c-d_e>!',
  'secret:a/, secret:b- or secret:c_': '<a>/, <b>- or <c>_',
  'secret:aö': '<a>ö',
  // What is none.
  'secret: value': 'secret: value',
  'secret:': 'secret:',
  'secret:\nx': 'secret:\nx',
  'secret: {{ vars.x }}': 'secret: <<x>>',
  'secret::a/b': 'secret:a/b',
  'secret:::a': 'secret::a',
  'secret::secret:a': 'secret:<a>',
  'secret::{{ vars.x }}': 'secret:<<x>>',
  // Vars.
  '{{vars.a}}{{  vars.b_2\t}}': '<<a>><<b_2>>',
  '{{ vars::a }} {{vars::a|x}}': '{{ vars.a }} {{vars.a|x}}',
  '{{ .Values }} {{ varsity }} {{ vars }} {vars.a} {{': '{{ .Values }} {{ varsity }} {{ vars }} {vars.a} {{',
  '{{{ vars.a }}}': '{<<a>>}',
  '{{ vars.x }}secret:a': '<<x>><a>',
  '{{ vars.secret }}:a': '<<secret>>:a',
};

t.test('what of a text is a ref, a var, or just text', async (t) => {
  for (const [text, expected] of Object.entries(texts)) {
    const { parts, refs, sound } = parse(text);
    t.ok(sound, text);
    t.equal(parts.join(''), expected, text);
    t.same(
      refs.map((key) => `<${key}>`),
      expected.match(/(?<!<)<[^<>]+>/g) ?? [],
      text,
    );
  }
});

t.test('what looks like a ref or a var and is neither', async (t) => {
  for (const text of [
    'secret:a//b',
    'secret:/a',
    'secret:.a',
    'secret:a/.b',
    'secret:...',
    'secret:--',
    `secret:${'a'.repeat(201)}`,
    'secret:{{ vars.x }}',
    'secret:a/{{ vars.x }}',
    'secret:a{{ x }}',
    'secret:a/secret:b',
    'secret:secret:b',
    'secret:vigo/web/auth/dan',
    'secret:vigo/server/policy',
    '{{ vars.X }}',
    '{{ vars. }}',
    '{{ vars.a',
    '{{ vars.a }',
    '{{ vars.a.b }}',
  ]) {
    const { refs, sound } = parse(text);
    t.notOk(sound, text);
    t.same(refs, [], text);
  }
});
