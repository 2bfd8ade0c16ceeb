import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** How a module is asked for: while loading, when the code gets there, or for its types alone. */
export type ImportKind = 'static' | 'dynamic' | 'type';

export interface Import {
  /** The path of the importing file, from the root. */
  readonly from: string;
  /** A path from the root (`lib/base/index.ts`), or a package's specifier. Undefined where it is computed. */
  readonly to: string | undefined;
  readonly kind: ImportKind;
  /** What is taken out of a static import; `*` for everything or the default. */
  readonly names: readonly string[];
}

/** The paths of the files below a folder, from the root, with one of the endings. */
export function filesBelow(folder: string, ...endings: readonly string[]): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
    .sort();
}

/** Every import of every TypeScript file below the folders, read by the compiler's own parser. */
export function readImports(...folders: readonly string[]): Import[] {
  return folders.flatMap((folder) => filesBelow(folder, '.ts').flatMap(importsOf));
}

/** The files that are loaded before the first line of `entry` runs, and the packages with them. */
export function loadedAtOnce(imports: readonly Import[], entry: string): Set<string> {
  const loaded = new Set([entry]);
  for (const file of loaded) {
    for (const { from, to, kind } of imports) {
      if (from === file && kind === 'static' && to !== undefined) loaded.add(to);
    }
  }
  return loaded;
}

/** `@grpc/grpc-js` of `@grpc/grpc-js/x`; undefined for a file and for a module of Node. */
export function packageOf(to: string | undefined): string | undefined {
  if (to === undefined || isFile(to) || to.startsWith('node:')) return undefined;
  return to.split('/', to.startsWith('@') ? 2 : 1).join('/');
}

export function isFile(to: string): boolean {
  return /\.(ts|js|json)$/.test(to) && !/^[^/]+\/dist\//.test(to) && /^(lib|bin|bench|demo|test)\//.test(to);
}

function importsOf(from: string): Import[] {
  const source = ts.createSourceFile(from, readFileSync(join(root, from), 'utf8'), ts.ScriptTarget.Latest, true);
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, kind: ImportKind, names: readonly string[] = ['*']) => {
    const text = specifier !== undefined && ts.isStringLiteralLike(specifier) ? specifier.text : undefined;
    imports.push({ from, to: text === undefined ? undefined : resolve(from, text), kind, names });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) addImport(node);
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) addExport(node);
    else if (ts.isImportTypeNode(node))
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, 'type');
    else if (ts.isCallExpression(node) && isLoad(node.expression)) add(node.arguments[0], 'dynamic');
    ts.forEachChild(node, visit);
  };
  const addImport = ({ importClause, moduleSpecifier }: ts.ImportDeclaration) => {
    const bindings = importClause?.namedBindings;
    if (importClause?.isTypeOnly) return add(moduleSpecifier, 'type');
    if (importClause?.name || bindings === undefined || ts.isNamespaceImport(bindings)) {
      return add(moduleSpecifier, 'static');
    }
    addElements(moduleSpecifier, bindings.elements);
  };
  const addExport = ({ exportClause, isTypeOnly, moduleSpecifier }: ts.ExportDeclaration) => {
    if (isTypeOnly) add(moduleSpecifier, 'type');
    else if (exportClause && ts.isNamedExports(exportClause)) addElements(moduleSpecifier, exportClause.elements);
    else add(moduleSpecifier, 'static');
  };
  const addElements = (
    specifier: ts.Expression | undefined,
    elements: readonly (ts.ImportSpecifier | ts.ExportSpecifier)[],
  ) => {
    const values = elements
      .filter((element) => !element.isTypeOnly)
      .map(({ name, propertyName }) => (propertyName ?? name).text);
    if (values.length < elements.length) add(specifier, 'type');
    if (values.length > 0) add(specifier, 'static', values);
  };
  visit(source);
  return imports;
}

/** `import(…)`, `require(…)`, `createRequire(…)(…)`. */
function isLoad(called: ts.Expression): boolean {
  if (called.kind === ts.SyntaxKind.ImportKeyword) return true;
  return ts.isIdentifier(called) && (called.text === 'require' || called.text === 'createRequire');
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return normalize(join(dirname(from), specifier)).replace(/\.js$/, '.ts');
}
