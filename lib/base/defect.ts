/**
 * What may be printed of an unexpected error. Its message may not: messages of libraries and of the engine quote their input,
 * which may be a secret.
 */
export interface Defect {
  /** Class, code and what is known to be wrong, like `TypeError: … is not a function`. */
  readonly what: string;
  /** Where it was thrown, a line each, with the errors behind it. */
  readonly frames: readonly string[];
}

const MAX_CAUSES = 4;
const MAX_FRAMES = 30;

/** Phrases of the engine's own messages. Only these are printed, never the text around them. */
const PHRASES = [
  'Cannot read properties of undefined',
  'Cannot read properties of null',
  'Cannot set properties of undefined',
  'Cannot set properties of null',
  'Cannot destructure property',
  'is not a function',
  'is not a constructor',
  'is not iterable',
  'is not defined',
  'before initialization',
  'Assignment to constant variable',
  'Maximum call stack size exceeded',
  'Invalid array length',
  'Invalid string length',
  'Invalid typed array length',
  'Invalid time value',
  'Array buffer allocation failed',
  'Converting circular structure to JSON',
  'Do not know how to serialize a BigInt',
  'Cannot mix BigInt and other types',
  'Reduce of empty array with no initial value',
];

/** As V8 writes one: a function, perhaps, and a place. What a message pretends to be one has another shape, or isn't asked. */
const FRAME =
  /^ {4}at (?:(?:async )?(?:new )?[\p{L}\w$.#<>]+(?: [\p{L}\w$.#<>]+)? \((?:file:|node:|\/)[^()\s]*:\d+:\d+\)|(?:async )?(?:file:|node:|\/)[^()\s]*:\d+:\d+)$/u;

export function describeDefect(error: unknown): Defect {
  const frames: string[] = [];
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause !== undefined; depth++) {
    if (depth > 0) frames.push(`  caused by ${describe(cause)}`);
    frames.push(...framesOf(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return { what: describe(error), frames };
}

/** How to report a defect, for the `hint:` behind it. */
export function defectHint(program: string, version: string): string {
  return (
    `this is a defect of ${program} ${version} (Node ${process.versions.node}, ${process.platform} ${process.arch}): ` +
    'report it with these lines in the issues of the project, or in private as its SECURITY.md says'
  );
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `something thrown that is no error but ${typeof error}`;
  const name = /^[A-Za-z]{1,40}$/.test(error.name) ? error.name : 'Error';
  const code = 'code' in error && typeof error.code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(error.code);
  const phrase = PHRASES.find((words) => error.message.includes(words));
  return `${name}${code ? ` ${error.code}` : ''}${phrase === undefined ? '' : `: … ${phrase} …`}`;
}

/** The lines behind the message: what a message holds is never taken for a frame. */
function framesOf(error: unknown): string[] {
  if (!(error instanceof Error) || typeof error.stack !== 'string') return [];
  const at = error.stack.indexOf(error.message);
  const behind = at === -1 ? error.stack : error.stack.slice(at + error.message.length);
  return behind
    .split('\n')
    .map((line) => line.replace(/ \[as [^\]]*\]/, ''))
    .filter((line) => FRAME.test(line))
    .slice(0, MAX_FRAMES);
}

/** All that a program tells of a defect, as lines for stderr. */
export function formatDefect(program: string, version: string, error: unknown): string {
  const { what, frames } = describeDefect(error);
  return [`error: ${program} itself failed: ${what}`, ...frames, `hint: ${defectHint(program, version)}`, ''].join(
    '\n',
  );
}
