import type { Plugin, Rolldown } from 'vite';

type OutputBundle = Rolldown.OutputBundle;

/** A script of the build, as far as this needs it. */
interface Script {
  readonly fileName: string;
  /** The module whose exports it has; null for one that others share. */
  readonly facadeModuleId: string | null;
  readonly moduleIds: readonly string[];
  readonly imports: readonly string[];
  readonly isEntry: boolean;
  readonly css: readonly string[];
}

const ROOM = /\/src\/shell\/(Play|Learn|Lab)\.svelte$/;
/** What src/main.ts fetches for every room. */
const PAGE = /\/src\/page\.ts$/;
const CHAPTER = /\/src\/learn\/\d\d-([\w-]+)\/(?:chapter\.ts|text\.([\w-]+)\.md)$/;
const PLACE = '__ROOM_FILES__';

/**
 * The files that are needed beside the page's own script: by "page" for every room, by "play", "lab", "learn" for a room, by "coin" for a
 * chapter's code and "coin/en" for its text. Each with the scripts that it imports and their styles, without those of the page.
 */
export function roomFiles(scripts: readonly Script[]): Record<string, string[]> {
  const byName = new Map(scripts.map((script) => [script.fileName, script]));
  const needed = (from: Script, into = new Set<string>()): Set<string> => {
    if (into.has(from.fileName)) return into;
    for (const file of [from.fileName, ...from.css]) into.add(file);
    for (const name of from.imports) {
      const script = byName.get(name);
      if (script) needed(script, into);
    }
    return into;
  };
  const page = scripts.find(
    ({ isEntry, facadeModuleId }) => isEntry && facadeModuleId?.endsWith('index.html'),
  );
  if (!page) throw new Error("room-files: the page's script is not among the built files");
  const own = needed(page);
  const files: Record<string, string[]> = { page: [] };
  for (const script of scripts.toSorted((a, b) => Number(isPage(b)) - Number(isPage(a)))) {
    const name = isPage(script)
      ? 'page'
      : modulesOf(script)
          .map(nameOf)
          .find((each) => each !== null);
    if (!name) continue;
    const known = new Set([...own, ...files.page]);
    const list = [...needed(script)].filter((file) => !known.has(file));
    files[name] = [...(files[name] ?? []), ...list];
  }
  return files;
}

/** What is in a script, or what it hands on from others. */
function modulesOf({ facadeModuleId, moduleIds }: Script): readonly string[] {
  return facadeModuleId === null ? moduleIds : [facadeModuleId, ...moduleIds];
}

function isPage(script: Script): boolean {
  return modulesOf(script).some((id) => PAGE.test(id));
}

function nameOf(module: string): string | null {
  const [, room] = ROOM.exec(module) ?? [];
  if (room) return room.toLowerCase();
  const [, chapter, language] = CHAPTER.exec(module.split('?')[0]) ?? [];
  if (!chapter || module.includes('?head')) return null;
  return language ? `${chapter}/${language}` : chapter;
}

/**
 * Names the files of the page in index.html, and tells src/start-up.ts which files each room needs: the browser fetches them beside the
 * page's script and not after it.
 */
export function roomFilesPlugin(startUp: string): Plugin {
  return {
    name: 'inkling-room-files',
    apply: 'build',
    generateBundle(_, bundle) {
      const target = bundle[startUp];
      if (target.type !== 'chunk' || target.code.split(PLACE).length !== 2)
        throw new Error(`room-files: ${startUp} does not name ${PLACE} once`);
      const rooms = Object.entries(roomFiles(scriptsOf(bundle))).filter(([name]) => name !== 'page');
      target.code = target.code.replace(PLACE, JSON.stringify(Object.fromEntries(rooms)));
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle = {} }) =>
        roomFiles(scriptsOf(bundle)).page.map((file) => ({
          tag: 'link',
          attrs: file.endsWith('.css')
            ? { rel: 'preload', as: 'style', crossorigin: true, href: `./${file}` }
            : { rel: 'modulepreload', crossorigin: true, href: `./${file}` },
          injectTo: 'head',
        })),
    },
  };
}

function scriptsOf(bundle: OutputBundle): Script[] {
  return Object.values(bundle)
    .filter((file) => file.type === 'chunk')
    .map((chunk) => ({ ...chunk, css: [...(chunk.viteMetadata?.importedCss ?? [])] }));
}
