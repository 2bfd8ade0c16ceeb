import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { commands } from '../../lib/cli/commands.js';
import { verbOf } from '../../lib/cli/console/command.js';
import { readCommandLine } from '../../lib/cli/console/program.js';

const TRANSCRIPTS = fileURLToPath(new URL('./transcripts/', import.meta.url));
const DOCS = fileURLToPath(new URL('../../docs/cli.md', import.meta.url));

t.test('every verb has examples, and each is a right command line of that verb', async (t) => {
  for (const command of commands) {
    const { usage, examples = [] } = command;
    t.ok(examples.length > 0, usage);
    for (const example of examples) {
      t.equal(readCommandLine(commands, wordsOf(example))?.command, command, example);
    }
  }
});

t.test('every verb that reads has --json', async (t) => {
  const reading =
    /^(secrets (list|search|reveal|history)|config (validate|history)|envoys (list|show)|pki show|audit|bench)\b/;
  for (const { usage, options = [] } of commands) {
    if (reading.test(usage))
      t.ok(
        options.some(({ name }) => name === 'json'),
        usage,
      );
  }
});

t.test('every verb that writes a secret compares and sets', async (t) => {
  for (const verb of ['set raw', 'set password', 'edit', 'generate', 'rollback', 'mv', 'delete']) {
    const command = commands.find(({ usage }) => usage.startsWith(`secrets ${verb} `));
    t.ok(
      command?.options?.some(({ name }) => name === 'if-version'),
      verb,
    );
  }
});

t.test('every verb stands in a transcript', async (t) => {
  const files = readdirSync(TRANSCRIPTS).map((name) => readFileSync(TRANSCRIPTS + name, 'utf8'));
  const lines = files.join('\n').split('\n');
  for (const { usage } of commands) {
    const verb = `vigocli ${verbOf(usage).join(' ')}`;
    if (usage === 'bench') continue; // what it prints is never the same: bench.test.ts
    t.ok(
      lines.some((line) => line.startsWith('$ ') && line.includes(verb)),
      usage,
    );
  }
});

t.test('docs/cli.md lists what there is', async (t) => {
  const text = readFileSync(DOCS, 'utf8');
  const [head = '', rest = ''] = text.split(/(?<=<!-- verbs: .*\n)/);
  const tail = rest.slice(rest.indexOf('<!-- end of verbs -->'));
  const expected = `${head}\n${describeVerbs()}\n${tail}`;
  if (process.env.DOCS === 'write') writeFileSync(DOCS, expected);
  else t.equal(text, expected, 'DOCS=write puts it right');
});

function describeVerbs(): string {
  const rows = commands.map(({ usage, summary, options = [] }) => {
    const flags = options.map(({ name, value }) => `\`--${name}${value === undefined ? '' : ` <${value}>`}\``);
    return `| \`${usage}\` | ${summary} | ${flags.join(' ')} |`;
  });
  return `| verb | | options |\n| --- | --- | --- |\n${rows.map((row) => `${escapePipes(row)}\n`).join('')}`;
}

/** A pipe inside of a cell ends it, in code too. */
function escapePipes(row: string): string {
  return row.replaceAll(/(?<=\w)\|(?=\w)/g, '\\|');
}

/** The words of an example without what a shell does with it. */
function wordsOf(example: string): string[] {
  const [line = ''] = example.split(/ [<>]/);
  return [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word);
}

t.test('--quiet and --json may stand anywhere', async (t) => {
  for (const line of [
    '--quiet secrets list --json',
    'secrets --json list --quiet',
    'secrets list --quiet --json',
    '--json --quiet secrets list',
  ]) {
    const { command, flags } = readCommandLine(commands, line.split(' ')) ?? {};
    t.match(command, { usage: 'secrets list [prefix]' }, line);
    t.ok(flags?.is('quiet') && flags.is('json'), line);
  }
  t.throws(
    () => readCommandLine(commands, ['secrets', 'set', 'raw', 'a', '--from-file', '--quiet']),
    { code: 'usage' },
    'a value is none',
  );
});
