/** One command of a transcript, with what it printed. Expected and actual ones are compared as text. */
export interface Step {
  readonly command: string;
  /** `> ` lines: stdout. */
  readonly stdout: readonly string[];
  /** `! ` lines: stderr. */
  readonly stderr: readonly string[];
  /** `= ` line: the exit code, left out where it is 0. */
  readonly code: number;
}

/** What is there before the first command. */
export type Given = 'nothing' | 'a vault' | 'an unlocked vault' | 'a server';

export interface Transcript {
  /** The first lines, each behind a `#`: what the scenario shows. */
  readonly title: readonly string[];
  readonly given: Given;
  readonly steps: readonly Step[];
}

const GIVEN: readonly Given[] = ['nothing', 'a vault', 'an unlocked vault', 'a server'];

export function parseTranscript(text: string): Transcript {
  const title: string[] = [];
  let given: Given = 'nothing';
  const steps: { command: string; stdout: string[]; stderr: string[]; code: number }[] = [];
  for (const line of text.split('\n')) {
    const content = line.slice(2);
    const step = steps.at(-1);
    if (line.startsWith('#')) title.push(line);
    else if (line.startsWith('given: ')) given = GIVEN.find((known) => line === `given: ${known}`) ?? fail(line);
    else if (line.startsWith('$ ')) steps.push({ command: content, stdout: [], stderr: [], code: 0 });
    else if (line === '>' || line.startsWith('> ')) step?.stdout.push(content);
    else if (line === '!' || line.startsWith('! ')) step?.stderr.push(content);
    else if (step !== undefined && /^= [0-9]+$/.test(line)) step.code = Number(content);
    else if (line !== '') fail(line);
  }
  return { title, given, steps };
}

export function formatTranscript({ title, given, steps }: Transcript): string {
  const blocks = steps.map((step) => `${formatStep(step)}\n`);
  return `${[...title, `given: ${given}`, '', ...blocks].join('\n').trimEnd()}\n`;
}

export function formatStep({ command, stdout, stderr, code }: Step): string {
  const output = [...stdout.map((line) => `> ${line}`), ...stderr.map((line) => `! ${line}`)];
  return [`$ ${command}`, ...output.map((line) => line.trimEnd()), ...(code === 0 ? [] : [`= ${code}`])].join('\n');
}

function fail(line: string): never {
  throw new Error(`this line belongs to no transcript: ${line}`);
}
