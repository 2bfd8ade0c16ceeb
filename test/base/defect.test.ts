import t from 'tap';
import { describeDefect, formatDefect } from '../../lib/base/defect.js';

function thrown(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

t.test(
  'a defect is told by its class, code and place, and by none of the values that its message quotes',
  async (t) => {
    const cases: Record<string, [act: () => unknown, what: string]> = {
      json: [() => JSON.parse('CANARY'), 'SyntaxError'],
      url: [() => new URL('CANARY\nCANARY'), 'TypeError ERR_INVALID_URL'],
      call: [() => ['a'].map('CANARY' as never), 'TypeError: … is not a function …'],
      argument: [() => Buffer.from('CANARY', 'CANARY' as never), 'TypeError ERR_UNKNOWN_ENCODING'],
      property: [
        () => (undefined as never as { [name: string]: string }).CANARY,
        'TypeError: … Cannot read properties of undefined …',
      ],
    };
    for (const [name, [act, what]] of Object.entries(cases)) {
      const error = thrown(act);
      t.match(String(error), /CANARY|Invalid URL/, name);
      t.equal(describeDefect(error).what, what, name);
      const told = formatDefect('vigocli', '1.2.3', error);
      t.notMatch(told, /CANARY/, name);
      t.match(told, /^error: vigocli itself failed: .*\n {4}at .*defect\.test\.ts:\d+:\d+/s, name);
      t.match(
        told,
        /\nhint: this is a defect of vigocli 1\.2\.3 \(Node \d.*\): report it .*SECURITY\.md says\n$/,
        name,
      );
    }
  },
);

t.test('a message that looks like a frame is not taken for one', async (t) => {
  const forged = '    at CANARY (file:///CANARY:1:1)';
  for (const error of [new Error(forged), new Error(`a\n${forged}\nb`), new Error('a', { cause: new Error(forged) })]) {
    t.notMatch(formatDefect('vigo', '1', error), /CANARY/);
  }
  const renamed = Object.assign(new Error('a'), { name: 'CANARY CANARY', code: 'CANARY canary' });
  t.notMatch(formatDefect('vigo', '1', renamed), /CANARY/);
});

t.test('what is behind an error is told as well, and what is no error by its type alone', async (t) => {
  const inner = thrown(() => JSON.parse('CANARY'));
  t.match(
    describeDefect(new Error('CANARY', { cause: inner })).frames.join('\n'),
    /\n {2}caused by SyntaxError\n {4}at /,
  );
  t.equal(describeDefect('CANARY').what, 'something thrown that is no error but string');
});
