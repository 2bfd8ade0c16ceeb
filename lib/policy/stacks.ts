import { fromUtf8 } from '../base/index.js';
import type { ResourceGuard } from './actions.js';
import { checkCrate, composeBody } from './compose.js';
import { type Crate, readCrate } from './crate.js';
import { type EnvoyRule, readEnvoyRules } from './envoy-rules.js';
import { asMap } from './fields.js';
import { MAX_FILE_BYTES, MAX_FILES, MAX_TREE_BYTES } from './limits.js';
import { formatPosition, type Position, ProblemList } from './problems.js';
import { type SourceNode, SourceText } from './source-tree.js';

/** A whole tree of `.vgo` files, free of problems: every body of it can be built. */
export interface Stacks {
  readonly crates: ReadonlyMap<string, Crate>;
  readonly rules: readonly EnvoyRule[];
}

export interface StacksOptions {
  /** Judges what the resources would do; none where it isn't given. */
  readonly guard?: ResourceGuard;
}

const ENVOYS_FILE = 'envoys.vgo';

/**
 * Reads a tree and builds the body of every rule, so that what can go wrong goes wrong here. Only whether secrets
 * exist isn't known yet: see `checkRefs`.
 * @param files the bytes of every `.vgo` file under its path relative to the tree's root
 * @throws PolicyError `invalid_config` with all problems of all files
 */
export async function parseStacks(
  files: ReadonlyMap<string, Uint8Array>,
  options: StacksOptions = {},
): Promise<Stacks> {
  const problems = new ProblemList();
  checkLimits(files, problems);
  problems.throwIfAny();
  // Loaded here and not above: an agent imports this room too, and never reads YAML.
  const { readYaml } = await import('./yaml-source.js');
  const reader = new StacksReader(problems);
  for (const [file, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = problems.attempt(startOf(file), () => fromUtf8(bytes));
    const documents = text === undefined ? undefined : readYaml(new SourceText(file, text), problems);
    reader.readFile(file, documents);
  }
  const stacks = reader.finish();
  checkBodies(stacks, problems, options.guard);
  problems.throwIfAny();
  return stacks;
}

class StacksReader {
  readonly #problems: ProblemList;
  readonly #crates = new Map<string, Crate>();
  #rules: { readonly at: Position; readonly rules: readonly EnvoyRule[] } | undefined;
  /** Whether a file didn't parse: then what seems to be missing may stand there. */
  #broken = false;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  readFile(file: string, documents: readonly SourceNode[] | undefined): void {
    if (documents === undefined) this.#broken = true;
    for (const document of documents ?? []) this.#readDocument(file, document);
  }

  finish(): Stacks {
    const stacks = { crates: this.#crates, rules: this.#rules?.rules ?? [] };
    if (this.#broken) return stacks;
    if (this.#rules === undefined) {
      const hint = 'it says which hosts get which configcrates; envoys: [] for none';
      this.#problems.add(startOf(ENVOYS_FILE), `there is no ${ENVOYS_FILE} with rules`, hint);
    }
    checkRules(stacks, this.#problems);
    return stacks;
  }

  #readDocument(file: string, node: SourceNode): void {
    const document = asMap(node, 'a document of a .vgo file', this.#problems);
    if (document === undefined) return;
    const isEnvoysFile = file.split('/').at(-1) === ENVOYS_FILE;
    if (document.entries.some(({ key }) => key === 'envoys') !== isEnvoysFile) {
      this.#problems.add(document.at, `envoys: stands in ${ENVOYS_FILE}, alone, and nowhere else`);
    } else if (isEnvoysFile) {
      this.#addRules(document.at, readEnvoyRules(document, this.#problems));
    } else {
      const crate = readCrate(document, this.#problems);
      if (crate !== undefined) this.#addCrate(crate);
    }
  }

  #addRules(at: Position, rules: readonly EnvoyRule[]): void {
    if (this.#rules !== undefined) {
      this.#problems.add(at, 'the tree has envoys: twice', `also at ${formatPosition(this.#rules.at)}`);
    }
    this.#rules ??= { at, rules };
  }

  #addCrate(crate: Crate): void {
    const { name, at } = crate;
    const earlier = this.#crates.get(name);
    if (earlier === undefined) this.#crates.set(name, crate);
    else this.#problems.add(at, `the configcrate ${name} is declared twice`, `also at ${formatPosition(earlier.at)}`);
  }
}

function checkLimits(files: ReadonlyMap<string, Uint8Array>, problems: ProblemList): void {
  let total = 0;
  for (const [file, bytes] of files) {
    total += bytes.length;
    if (bytes.length > MAX_FILE_BYTES) problems.add(startOf(file), `the file has more than ${MAX_FILE_BYTES} bytes`);
  }
  const start = startOf(ENVOYS_FILE);
  if (files.size > MAX_FILES) problems.add(start, `the tree has more than ${MAX_FILES} files`);
  if (total > MAX_TREE_BYTES) problems.add(start, `the tree has more than ${MAX_TREE_BYTES} bytes`);
}

function checkRules({ crates, rules }: Stacks, problems: ProblemList): void {
  for (const rule of rules) {
    const declared = new Set<string>();
    for (const { name, at } of rule.configcrates) {
      const crate = crates.get(name);
      for (const variable of crate?.vars.keys() ?? []) declared.add(variable);
      if (crate === undefined) problems.add(at, `there is no configcrate ${JSON.stringify(name)}`);
    }
    for (const [name, { at }] of rule.vars) {
      if (declared.has(name)) continue;
      problems.add(at, `vars.${name} overrides nothing`, 'declare it in a configcrate of this rule, with a default');
    }
  }
}

function checkBodies({ crates, rules }: Stacks, problems: ProblemList, guard: ResourceGuard | undefined): void {
  const used = new Set(rules.flatMap(({ configcrates }) => configcrates.map(({ name }) => name)));
  for (const rule of rules) composeBody(rule, crates, problems, guard);
  for (const crate of crates.values()) if (!used.has(crate.name)) checkCrate(crate, problems, guard);
}

function startOf(file: string): Position {
  return { file, line: 1, column: 1 };
}
