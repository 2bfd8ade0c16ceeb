import { fromUtf8 } from '../../base/index.js';
import type { ResourceGuard } from '../body/actions.js';
import { checkSecrets, type SecretsCheck } from '../check-secrets.js';
import { checkCrate, composeBody } from '../compose/compose.js';
import type { PolicyProblem, Position } from '../errors.js';
import { PolicyError } from '../errors.js';
import { formatPosition, ProblemList, throwIfAny } from '../problems.js';
import { type Crate, readCrate } from './crate.js';
import { type EnvoyRule, readEnvoyRules } from './envoy-rules.js';
import { asMap } from './fields.js';
import { MAX_FILE_BYTES, MAX_FILES, MAX_TREE_BYTES } from './limits.js';
import type { Stacks } from './parsed-stacks.js';
import { type SourceNode, SourceText } from './source-tree.js';
import { findWarnings } from './warnings.js';

export interface StacksOptions {
  /** Judges what the resources would do; none where it isn't given. */
  readonly guard?: ResourceGuard | undefined;
  /** Where to look up the secrets that the tree refers to. Without it, their existence isn't checked. */
  readonly secrets?: SecretsCheck | undefined;
}

/** What is wrong in a tree, and what is only suspicious, each by file, line and column. */
export interface Examination {
  /** What could be read; usable only where there are no problems. */
  readonly stacks: Stacks;
  readonly problems: readonly PolicyProblem[];
  readonly warnings: readonly PolicyProblem[];
}

const ENVOYS_FILE = 'envoys.vgo';

/**
 * Reads a tree and builds the body of every rule, so that what can go wrong goes wrong here.
 * @param files the bytes of every `.vgo` file under its path relative to the tree's root
 * @throws PolicyError `invalid_config` with all problems of all files
 */
export async function parseStacks(
  files: ReadonlyMap<string, Uint8Array>,
  options: StacksOptions = {},
): Promise<Stacks> {
  const { stacks, problems } = await examineStacks(files, options);
  throwIfAny(problems);
  return stacks;
}

/** Does what `parseStacks` does, and returns the problems. Reads on behind a problem, so that it finds all of them. */
export async function examineStacks(
  files: ReadonlyMap<string, Uint8Array>,
  { guard, secrets }: StacksOptions = {},
): Promise<Examination> {
  const problems = new ProblemList();
  const reader = new StacksReader(problems);
  if (isTooLarge(files, problems)) return { stacks: reader.stacks, problems: problems.sorted(), warnings: [] };
  // Loaded here and not above: an agent imports this room too, and never reads YAML.
  const { readYaml } = await import('./yaml-source.js');
  for (const [file, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const text = problems.attempt(startOf(file), () => decode(bytes));
    const documents = text === undefined ? undefined : readYaml(new SourceText(file, text), problems);
    reader.readFile(file, documents);
  }
  const { stacks } = reader;
  reader.checkReferences();
  checkBodies(stacks, reader.allCrates, problems, guard);
  if (secrets !== undefined) problems.addAll(await checkSecrets(stacks, secrets));
  const warnings = findWarnings(stacks, { lacksRules: reader.lacksRules });
  return { stacks, problems: problems.sorted(), warnings };
}

class StacksReader {
  readonly #problems: ProblemList;
  readonly #crates = new Map<string, Crate>();
  /** Those that are declared twice included. */
  readonly allCrates: Crate[] = [];
  readonly #rules: EnvoyRule[] = [];
  #rulesAt: Position | undefined;
  /** Whether a crate, or a rule, may stand in what couldn't be read: then it isn't called missing. */
  lacksCrates = false;
  lacksRules = false;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  get stacks(): Stacks {
    return { crates: this.#crates, rules: this.#rules };
  }

  readFile(file: string, documents: readonly SourceNode[] | undefined): void {
    if (documents === undefined) this.#noteLoss(isEnvoysFile(file));
    for (const document of documents ?? []) this.#readDocument(file, document);
  }

  /** Finds what is named and isn't there. */
  checkReferences(): void {
    if (this.#rulesAt === undefined && !this.lacksRules) {
      const hint = 'it says which hosts get which configcrates; envoys: [] for none';
      this.#problems.add(startOf(ENVOYS_FILE), `there is no ${ENVOYS_FILE} with rules`, hint);
    }
    checkRules(this.stacks, this.#problems, { lacksCrates: this.lacksCrates });
  }

  #noteLoss(ofRules: boolean): void {
    if (ofRules) this.lacksRules = true;
    else this.lacksCrates = true;
  }

  #readDocument(file: string, node: SourceNode): void {
    const document = asMap(node, 'a document of a .vgo file', this.#problems);
    if (document === undefined) return;
    const has = (field: string) => document.entries.some(({ key }) => key === field);
    const belongsToRules = isEnvoysFile(file);
    const isLost = document.isBroken && !has('envoys') && !has('configcrate');
    const isMisplaced = has('envoys') !== belongsToRules;
    if (isMisplaced && !isLost) {
      this.#problems.add(document.at, `envoys: stands in ${ENVOYS_FILE}, alone, and nowhere else`);
    }
    if (has('envoys')) {
      const rules = readEnvoyRules(document, this.#problems);
      this.#rules.push(...rules);
      if (!isMisplaced) this.#noteRules(document.at);
      if (document.isBroken) this.#noteLoss(true);
    } else if (has('configcrate') || !belongsToRules) {
      const crate = readCrate(document, this.#problems);
      if (crate !== undefined) this.#addCrate(crate);
      else this.#noteLoss(false);
    } else {
      this.#noteLoss(true);
    }
  }

  #noteRules(at: Position): void {
    if (this.#rulesAt !== undefined) {
      this.#problems.add(at, 'the tree has envoys: twice', `also at ${formatPosition(this.#rulesAt)}`);
    }
    this.#rulesAt ??= at;
  }

  #addCrate(crate: Crate): void {
    const { name, at } = crate;
    const earlier = this.#crates.get(name);
    this.allCrates.push(crate);
    if (earlier === undefined) this.#crates.set(name, crate);
    else this.#problems.add(at, `the configcrate ${name} is declared twice`, `also at ${formatPosition(earlier.at)}`);
  }
}

/** Whether there is more than should be read at all. A single file that is too large is left out. */
function isTooLarge(files: ReadonlyMap<string, Uint8Array>, problems: ProblemList): boolean {
  const start = startOf(ENVOYS_FILE);
  const total = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  if (files.size > MAX_FILES) problems.add(start, `the tree has more than ${MAX_FILES} files`);
  if (total > MAX_TREE_BYTES) problems.add(start, `the tree has more than ${MAX_TREE_BYTES} bytes`);
  return files.size > MAX_FILES || total > MAX_TREE_BYTES;
}

function decode(bytes: Uint8Array): string {
  if (bytes.length > MAX_FILE_BYTES) {
    throw new PolicyError('too_large', `the file has more than ${MAX_FILE_BYTES} bytes`);
  }
  return fromUtf8(bytes);
}

function isEnvoysFile(file: string): boolean {
  return file.split('/').at(-1) === ENVOYS_FILE;
}

function checkRules({ crates, rules }: Stacks, problems: ProblemList, { lacksCrates }: { lacksCrates: boolean }): void {
  for (const rule of rules) {
    const named = rule.configcrates.map(({ name, at }) => ({ name, at, crate: crates.get(name) }));
    const declared = new Set(named.flatMap(({ crate }) => [...(crate?.vars.keys() ?? [])]));
    for (const { name, at, crate } of named) {
      if (crate === undefined && !lacksCrates) problems.add(at, `there is no configcrate ${JSON.stringify(name)}`);
    }
    // The declaration may stand in what couldn't be read.
    if (lacksCrates || named.some(({ crate }) => crate?.isBroken)) continue;
    for (const [name, { at }] of rule.vars) {
      if (declared.has(name)) continue;
      problems.add(at, `vars.${name} overrides nothing`, 'declare it in a configcrate of this rule, with a default');
    }
  }
}

function checkBodies(
  { crates, rules }: Stacks,
  allCrates: readonly Crate[],
  problems: ProblemList,
  guard: ResourceGuard | undefined,
): void {
  const used = new Set(rules.flatMap(({ configcrates }) => configcrates.map(({ name }) => crates.get(name))));
  for (const rule of rules) composeBody(rule, crates, problems, guard);
  for (const crate of allCrates) if (!used.has(crate)) checkCrate(crate, problems, guard);
}

function startOf(file: string): Position {
  return { file, line: 1, column: 1 };
}
