import type { Plugin } from 'vite';

/** A script of the build, as far as this needs it. */
interface Script {
  readonly fileName: string;
  readonly facadeModuleId: string | null;
  readonly moduleIds: readonly string[];
  readonly imports: readonly string[];
  readonly isEntry: boolean;
  readonly css: readonly string[];
}

const ROOM = /\/src\/ui\/shell\/(Play|Lab)\.svelte$/;
const LEARN = /\/src\/learn\/LearnRoom\.svelte$/;
const CHAPTER = /\/src\/learn\/\d\d-([\w-]+)\/(?:chapter\.ts|text\.([\w-]+)\.md)$/;
const PLACE = '__ROOM_FILES__';

/**
 * The files that a room or a chapter needs beside the page's own script, by "play", "lab", "learn", "coin" for a chapter's code and
 * "coin/en" for its text: each with the scripts that it imports and their styles, without those of the page.
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
  const page = scripts.find(({ isEntry, facadeModuleId }) => isEntry && facadeModuleId?.endsWith('index.html'));
  if (!page) throw new Error("room-files: the page's script is not among the built files");
  const own = needed(page);
  const files: Record<string, string[]> = {};
  for (const script of scripts) {
    const name = nameOf(script.facadeModuleId ?? script.moduleIds.find((id) => nameOf(id)) ?? '');
    if (name) files[name] = [...needed(script)].filter((file) => !own.has(file));
  }
  return files;
}

function nameOf(module: string): string | null {
  if (LEARN.test(module)) return 'learn';
  const [, room] = ROOM.exec(module) ?? [];
  if (room) return room.toLowerCase();
  const [, chapter, language] = CHAPTER.exec(module.split('?')[0]) ?? [];
  if (!chapter || module.includes('?head')) return null;
  return language ? `${chapter}/${language}` : chapter;
}

/** Tells src/start-up.ts which files each room needs, so that the browser fetches them beside the page's script and not after it. */
export function roomFilesPlugin(startUp: string): Plugin {
  return {
    name: 'inkling-room-files',
    apply: 'build',
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const scripts = chunks.map((chunk) => ({ ...chunk, css: [...(chunk.viteMetadata?.importedCss ?? [])] }));
      const target = chunks.find(({ fileName }) => fileName === startUp);
      if (target?.code.split(PLACE).length !== 2)
        throw new Error(`room-files: ${startUp} does not name ${PLACE} once`);
      target.code = target.code.replace(PLACE, JSON.stringify(roomFiles(scripts)));
    },
  };
}
