import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import ts from 'typescript';

/** One `import`, `export from`, dynamic import or `import.meta.glob` of a source file. */
export interface Edge {
  readonly from: string;
  /** Path from the root for our own files ("src/data/rng.ts"), the bare name for packages ("idb"). */
  readonly to: string;
}

/** Source files by path from the root, with forward slashes. */
export type Sources = ReadonlyMap<string, string>;

export function readSources(root: string, folder: string, endings: readonly string[]): Sources {
  const found = new Map<string, string>();
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !endings.some((ending) => entry.name.endsWith(ending))) continue;
    const path = join(entry.parentPath, entry.name);
    const name = relative(root, path).split(sep).join('/');
    // The bench has packages of its own.
    if (name.includes('/node_modules/')) continue;
    found.set(name, readFileSync(path, 'utf8'));
  }
  return found;
}

/** The scripts of a component, one after the other; any other file as it is. */
export function scriptOf(path: string, text: string): string {
  if (!path.endsWith('.svelte')) return text;
  return [...text.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/g)].map((match) => match[1]).join('\n');
}

export function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, scriptOf(path, text), ts.ScriptTarget.ESNext, true, ts.ScriptKind.TS);
}

/** Every import of every file; patterns of globs are replaced by the files of `all` that they match. */
export function edgesOf(sources: Sources, all: Sources = sources): Edge[] {
  const edges: Edge[] = [];
  for (const [from, text] of sources) {
    for (const specifier of specifiersIn(from, text)) {
      for (const to of resolve(from, specifier, all)) edges.push({ from, to });
    }
  }
  return edges;
}

/** Parsing all files takes seconds, and the rules look at the same ones a dozen times. */
const parsed = new Map<string, { readonly text: string; readonly specifiers: readonly string[] }>();

function specifiersIn(path: string, text: string): readonly string[] {
  const known = parsed.get(path);
  if (known?.text === text) return known.specifiers;
  const specifiers = specifiersOf(parse(path, text));
  parsed.set(path, { text, specifiers });
  return specifiers;
}

function specifiersOf(file: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier) {
      if (ts.isStringLiteral(node.moduleSpecifier)) found.push(node.moduleSpecifier.text);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      if (ts.isStringLiteral(node.argument.literal)) found.push(node.argument.literal.text);
    } else if (ts.isCallExpression(node)) {
      const callee = node.expression.getText(file);
      if (callee === 'import' || callee.startsWith('import.meta.glob'))
        found.push(...literalsOf(node.arguments[0]));
    } else if (ts.isNewExpression(node) && node.expression.getText(file) === 'URL') {
      // Workers and shaders: new URL('./worker.ts', import.meta.url). Folders are no imports.
      if (node.arguments?.[1]?.getText(file) === 'import.meta.url')
        found.push(...literalsOf(node.arguments[0]).filter((path) => /\.(ts|svelte|wgsl)$/.test(path)));
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

function literalsOf(node: ts.Node | undefined): string[] {
  if (!node) return [];
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap((element) => literalsOf(element));
  return [];
}

function resolve(from: string, specifier: string, sources: Sources): string[] {
  const path = specifier.split('?')[0];
  if (!path.startsWith('.') && !path.startsWith('/')) return [path];
  const target = path.startsWith('/') ? path.slice(1) : posix.join(dirname(from), path);
  if (!target.includes('*')) return [target];
  const pattern = new RegExp(
    `^${target
      .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
      .replace(/\*\*\//g, '(?:.*/)?')
      .replace(/(?<!\.)\*/g, '[^/]*')}$`,
  );
  const matches = [...sources.keys()].filter((key) => pattern.test(key));
  // A folder of other files (shaders) still counts as an import of that folder.
  return matches.length > 0 ? matches : [target];
}

/** One cycle as the files it runs through, first and last the same; null where there is none. */
export function findCycle(edges: readonly Edge[]): string[] | null {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const done = new Set<string>();
  const path: string[] = [];
  const walk = (file: string): string[] | null => {
    const at = path.indexOf(file);
    if (at >= 0) return [...path.slice(at), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const to of next.get(file) ?? []) {
      const cycle = walk(to);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of next.keys()) {
    const cycle = walk(file);
    if (cycle) return cycle;
  }
  return null;
}
