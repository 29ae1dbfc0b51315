import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { cardsPlugin } from './src/build/cards.ts';
import { chaptersPlugin } from './src/build/chapters.ts';
import { cspPlugin } from './src/build/csp.ts';
import { mnistPlugin } from './src/build/mnist.ts';
import { pageStylePlugin } from './src/build/page-style.ts';
import { pwaPlugin, withoutTimings } from './src/build/pwa.ts';
import { plainShadersPlugin, shadersPlugin } from './src/build/shaders.ts';
import { simdPlugin } from './src/build/simd.mjs';
import { roomFilesPlugin } from './src/build/room-files.ts';
import { shippedModelsDefine } from './src/build/shipped-models.ts';
import { START_UP_FILE, startUpPlugin } from './src/build/start-up.ts';

const publicFolder = fileURLToPath(new URL('public', import.meta.url));

/**
 * What the rooms share is one file, and so is what chapters share: many small ones are slower to fetch, and compress worse. Svelte has
 * its own, and so has what starts the worker: with start-up.js, src/page.ts and the page's style index.html names six files, as many as
 * a browser asks for at a time where it has no HTTP/2. What the page shares with chapters alone is in the first of them: a group takes
 * what its modules import along, and the page would fetch the file of the chapters. For the same reason the reader of zip files is
 * in none.
 */
const groups = [
  {
    name: 'start',
    priority: 4,
    test: /rolldown\/runtime|\/src\/main\.ts$|\/src\/data\/crc32\.ts$|\/src\/app\/(next-task|page-engine)\.ts$|\/src\/engine\/(client|worker-exit|exit-signals|trusted-worker-url)\.ts$|\/src\/ui\/parts\/clipboard\.ts$|\/comlink\/|vite\/preload-helper/,
  },
  { name: 'svelte', priority: 3, test: /\/node_modules\/(svelte|esm-env|clsx)\// },
  {
    name: 'shared',
    priority: 2,
    test: /\/src\/(ui\/parts|app)\/(?!figure-pictures|share\.)[^/]+$|\/src\/data\/(?!idx|gunzip|png-text|write-csv|zip)[^/]+$|\/src\/app\/(pad|library|compare|training|samples)\/|\/(Badge|UnkeptModels)\.svelte|\/stats\/(chi-squared|sample-efficiency)\.ts$/,
    minShareCount: 2,
  },
  { name: 'chapters', priority: 1, test: /\/src\/learn\/(?!\d\d-|LearnRoom)/, minShareCount: 2 },
];

/** What src/main.ts and src/shell fetch. */
const PRELOADED = /\/(page|Lab|Learn|Play)[-.][^/]*\.js$/;

type ModuleInfo = { readonly importers: readonly string[]; readonly isEntry: boolean } | null;

/** Whether the worker's own script imports a module, by itself or through others, and not only fetches it later. */
function isWorkersOwn(id: string, infoOf: (id: string) => ModuleInfo, seen = new Set<string>()): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  const info = infoOf(id);
  return info !== null && (info.isEntry || info.importers.some((each) => isWorkersOwn(each, infoOf, seen)));
}

export default defineConfig({
  // Relative: the built folder works under any sub-path of any static host.
  base: './',
  define: shippedModelsDefine(),
  plugins: [
    mnistPlugin(),
    cardsPlugin(),
    chaptersPlugin(),
    svelte(),
    cspPlugin(),
    startUpPlugin(),
    pageStylePlugin(),
    roomFilesPlugin(START_UP_FILE),
    shadersPlugin(),
    simdPlugin(),
    pwaPlugin(publicFolder),
  ],
  worker: {
    format: 'es',
    plugins: () => [simdPlugin(), plainShadersPlugin()],
    rolldownOptions: {
      ...withoutTimings,
      output: {
        codeSplitting: {
          // All that the worker starts with is one file: what it imported would be asked for a round trip later.
          groups: [
            {
              name: (id, context) =>
                isWorkersOwn(id, (each) => context.getModuleInfo(each)) ? 'worker' : null,
            },
          ],
        },
      },
    },
  },
  build: {
    target: 'es2022',
    sourcemap: false,
    // Every browser that has module workers preloads modules by itself.
    modulePreload: {
      polyfill: false,
      // index.html and start-up.ts have preloaded the scripts of the page and of its room.
      resolveDependencies: (file, files) =>
        PRELOADED.test(file) ? files.filter((each) => each.endsWith('.css')) : files,
    },
    rolldownOptions: { ...withoutTimings, output: { codeSplitting: { groups } } },
  },
  preview: { host: 'localhost', port: 4173 },
});
