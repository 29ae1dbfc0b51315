import type { Plugin, Rolldown } from 'vite';

type Chunk = Rolldown.OutputChunk;

/** The module that a visit to any room waits for, beside those of index.html itself. */
const PAGE = /\/src\/page\.ts$/;

/**
 * Joins the styles that every room needs into the one that index.html names: three small files would take three of the six requests that
 * a browser makes at a time.
 */
export function pageStylePlugin(): Plugin {
  return {
    name: 'inkling-page-style',
    apply: 'build',
    // Before Vite writes down which styles a script needs.
    enforce: 'pre',
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const entry = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith('index.html'));
      const page = chunks.find(({ moduleIds }) => moduleIds.some((id) => PAGE.test(id)));
      if (!entry?.viteMetadata || !page)
        throw new Error("page-style: the page's scripts are not among the built files");
      const names = [...new Set([entry, ...neededBy(page, bundle)].flatMap(stylesOf))];
      const source = names.map((name) => sourceOf(bundle, name)).join('');
      const joined = this.getFileName(this.emitFile({ type: 'asset', name: 'page.css', source }));
      for (const chunk of chunks) for (const name of names) chunk.viteMetadata?.importedCss.delete(name);
      for (const name of names) Reflect.deleteProperty(bundle, name);
      entry.viteMetadata.importedCss.add(joined);
    },
  };
}

/** The scripts that one imports, itself last: styles of what is used come before those of its user. */
function neededBy(chunk: Chunk, bundle: Rolldown.OutputBundle, into = new Set<Chunk>()): Set<Chunk> {
  for (const name of chunk.imports) {
    const imported = bundle[name];
    if (imported.type === 'chunk' && !into.has(imported)) neededBy(imported, bundle, into);
  }
  return into.add(chunk);
}

function stylesOf({ viteMetadata }: Chunk): readonly string[] {
  return [...(viteMetadata?.importedCss ?? [])];
}

function sourceOf(bundle: Rolldown.OutputBundle, name: string): string {
  const file = bundle[name];
  if (file.type !== 'asset') throw new Error(`page-style: ${name} is no style`);
  return String(file.source);
}
