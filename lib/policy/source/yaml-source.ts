import { Composer, type CST, isAlias, isMap, isScalar, isSeq, Lexer, type ParsedNode, Parser, type Scalar } from 'yaml';
import type { ProblemList } from '../problems.js';
import { MAX_DEPTH, MAX_TOKENS } from './limits.js';
import { refuseMarkers, type SourceEntry, type SourceNode, type SourceScalar, type SourceText } from './source-tree.js';

/**
 * Parses the YAML documents of one file: YAML 1.2, core schema, without what a config doesn't need and an attacker
 * does: aliases (which multiply), tags (which convert), directives (which choose another YAML), deep nesting.
 * Empty documents are left out.
 * What isn't YAML is a problem, and what stands around it is read on.
 * @returns undefined for a file that is too large or nested too deeply to be read at all
 */
export function readYaml(source: SourceText, problems: ProblemList): readonly SourceNode[] | undefined {
  refuseMarkers(source.text, (pattern) => source.places(pattern, source.text, 0, source.text.length), problems);
  const tokens = readTokens(source, problems);
  if (tokens === undefined) return undefined;
  // The library checks keys for uniqueness in quadratic time: `#entries` does it instead.
  const options = { version: '1.2', schema: 'core', stringKeys: true, uniqueKeys: false } as const;
  const composer = new Composer({ ...options, prettyErrors: false, logLevel: 'silent' });
  const documents = [...composer.compose(tokens)];
  const errors = documents.flatMap((document) => document.errors).filter(({ code }) => code !== 'BAD_ALIAS');
  const places = new Set<number>();
  for (const { pos, message } of errors) {
    if (places.has(pos[0])) continue; // one mistake, which the library describes twice
    places.add(pos[0]);
    const hint = 'look at the indentation, the colons and the quotes here and in the line before';
    problems.addUnreadable(source.positionAt(pos[0]), message.charAt(0).toLowerCase() + message.slice(1), hint);
  }
  const broken = errors.map(({ pos }) => pos[0]);
  const reader = new TreeReader(source, problems, broken);
  const roots = documents.map(({ contents }) => contents);
  return roots.filter((root) => !isScalar(root) || root.value !== null).map((root) => reader.node(root));
}

/** The concrete syntax, with its size and depth bounded before anything recursive looks at it. */
function readTokens(source: SourceText, problems: ProblemList): readonly CST.Token[] | undefined {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const lexeme of new Lexer().lex(source.text)) {
    tokens.push(...parser.next(lexeme));
    if (parser.stack.length > MAX_DEPTH) {
      problems.add(source.positionAt(parser.offset), 'this is nested too deeply');
      return undefined;
    }
    if (++count > MAX_TOKENS) {
      const hint = 'split it into several files';
      problems.add(source.positionAt(parser.offset), `the file has more than ${MAX_TOKENS} tokens`, hint);
      return undefined;
    }
  }
  tokens.push(...parser.end());
  const directives = tokens.filter((token) => token.type === 'directive');
  for (const { offset } of directives) problems.add(source.positionAt(offset), 'a .vgo file has no % directives');
  return tokens.filter((token) => token.type !== 'directive');
}

class TreeReader {
  readonly #source: SourceText;
  readonly #problems: ProblemList;
  /** The offsets at which something isn't YAML. */
  readonly #broken: readonly number[];

  constructor(source: SourceText, problems: ProblemList, broken: readonly number[]) {
    this.#source = source;
    this.#problems = problems;
    this.#broken = broken;
  }

  /** @param node null stands for a value that was left out, at `offset`. */
  node(node: ParsedNode | null, offset = 0): SourceNode {
    const at = this.#source.positionAt(node?.range[0] ?? offset);
    if (node === null) return { kind: 'scalar', at, value: null, spelling: '', places: () => () => at };
    if (isAlias(node)) {
      // Mostly it is a pattern: `match: *` and `match: *-web`.
      this.#problems.add(
        at,
        `*${node.source} is an alias in YAML, and a .vgo file has none`,
        `quote it: "*${node.source}"`,
      );
    } else if (node.anchor !== undefined) {
      this.#problems.add(at, 'a .vgo file has no anchors', 'put what is used twice into vars');
    } else if (node.tag !== undefined) {
      this.#problems.add(at, `a .vgo file has no tags such as ${node.tag}`);
    }
    const [start, , end] = node.range;
    const isBroken = this.#broken.some((offset) => start <= offset && offset <= end);
    if (isMap(node)) return { kind: 'map', at, isBroken, entries: this.#entries(node.items) };
    if (isSeq(node))
      return { kind: 'list', at, isBroken, items: node.items.map((item) => this.node(item, node.range[0])) };
    // Read on as the text that it would be in quotes.
    if (isAlias(node)) return { kind: 'scalar', at, value: `*${node.source}`, spelling: '', places: () => () => at };
    return this.#scalar(node, node.range);
  }

  #entries(pairs: readonly { key: ParsedNode; value: ParsedNode | null }[]): readonly SourceEntry[] {
    const seen = new Set<string>();
    const entries: SourceEntry[] = [];
    for (const pair of pairs) {
      const key = this.node(pair.key);
      const value = this.node(pair.value, pair.key.range[1]);
      if (key.kind !== 'scalar' || typeof key.value !== 'string') {
        this.#problems.add(key.at, 'a key is text');
      } else if (seen.has(key.value)) {
        this.#problems.add(key.at, `${JSON.stringify(key.value)} stands here twice`);
      } else {
        seen.add(key.value);
        entries.push({ key: key.value, keyAt: key.at, value });
      }
    }
    return entries;
  }

  #scalar({ value }: Scalar.Parsed, [start, end]: readonly [number, number, number]): SourceScalar {
    const source = this.#source;
    const at = source.positionAt(start);
    if (typeof value !== 'string') {
      const known = typeof value === 'number' || typeof value === 'boolean' ? value : null;
      return { kind: 'scalar', at, value: known, spelling: source.text.slice(start, end), places: () => () => at };
    }
    const places = (pattern: RegExp) => source.places(pattern, value, start, end);
    // Looked for again in the decoded text: an escape can hide a marker from a search in the file.
    const isFit = !refuseMarkers(value, places, this.#problems) && value.isWellFormed();
    if (!value.isWellFormed()) this.#problems.add(at, 'this text holds half of a surrogate pair');
    return { kind: 'scalar', at, value: isFit ? value : '', spelling: value, places };
  }
}
