import ts from 'typescript';
import { type Edge, findCycle, parse, type Sources } from './imports.ts';

/** Who a room of the house may import, beside its own files and the packages named. First match wins. */
interface Room {
  readonly name: string;
  readonly files: RegExp;
  readonly mayImport: readonly RegExp[];
  readonly packages?: readonly RegExp[];
}

const DATA = /^src\/data\//;
const MODEL_DATA =
  /^src\/models\/(registry|model|family-spec|features|sampling|training|runs|model-file|metadata-fields|published|validation|export\/formats|results(-[a-z]+)?)\.ts$|^src\/models\/[^/]+\/(spec\.ts|[^/]+\.md)$/;
/** What a family and its neighbours share: pure arithmetic and layouts, no room of its own. */
const MODEL_ARITHMETIC = /^src\/models\/([^/]+\/)?[^/]+\.ts$/;
const STATS = /^src\/stats\//;
const ENGINE_FACE = /^src\/engine\/(client|api|job|queries\/api|trusted-worker-url)\.ts$/;
const ENGINE_CONTRACT = /^src\/engine\/(api|job|queries\/api|backends\/backend)\.ts$/;
/** How the client learns that the worker has ended, and its messages about signals. */
const WORKER_MESSAGES = /^src\/engine\/(worker-exit|exit-signals|calls)\.ts$/;
const SHADERS = /^shaders\//;
/** Row operations: `load.ts` is for the entries of the worker and of the command line, others are given what it loads. */
const SIMD = /^src\/simd\/(?!load)/;
const SIMD_LOADING = /^src\/simd\/load\.ts$/;

export const rooms: readonly Room[] = [
  { name: 'data', files: DATA, mayImport: [DATA], packages: [/^fflate$/, /^papaparse$/] },
  {
    name: 'family specs',
    files:
      /^src\/models\/([^/]+\/(spec|layout|parents|masks)|model|family-spec|features|sampling|training|runs|registry|model-file|metadata-fields|published|validation|export\/formats|results(-[a-z]+)?|shared\/(order|class-conditional|strength|residual-blocks))\.ts$/,
    mayImport: [
      DATA,
      MODEL_DATA,
      // The type that a reference is given.
      /^src\/simd\/simd\.ts$/,
      /^src\/models\/shared\/(order|class-conditional|math|strength|residual-blocks)\.ts$/,
      /^src\/models\/[^/]+\/(layout|parents|masks)\.ts$/,
    ],
  },
  {
    name: 'family programs',
    files: /^src\/models\/([^/]+\/)?program[^/]*\.ts$/,
    mayImport: [DATA, MODEL_ARITHMETIC, /^src\/gpu\//, SHADERS],
  },
  {
    // What a model becomes outside of Inkling: fetched when one is saved.
    name: 'models out',
    files: /^src\/models\/(onnx|export)\/|^src\/models\/[^/]+\/onnx\.ts$/,
    mayImport: [DATA, /^src\/models\/([^/]+\/)?(?!program)[^/]+\.(ts|md)$/],
    packages: [/^pbf$/],
  },
  {
    // The references know neither the GPU nor the programs.
    name: 'references and shared arithmetic',
    files: /^src\/models\//,
    mayImport: [DATA, SIMD, /^src\/models\/([^/]+\/)?(?!program)[^/]+\.ts$/],
  },
  // Of both kinds of arithmetic, neither knows a model.
  { name: 'simd', files: /^src\/simd\//, mayImport: [/^src\/simd\//], packages: [/^virtual:simd$/] },
  { name: 'gpu', files: /^src\/gpu\//, mayImport: [DATA, /^src\/gpu\//, SHADERS] },
  { name: 'stats', files: STATS, mayImport: [DATA, STATS] },
  { name: 'engine contract', files: ENGINE_CONTRACT, mayImport: [DATA, MODEL_DATA, ENGINE_CONTRACT] },
  {
    name: 'engine client',
    files: /^src\/engine\/(client|trusted-worker-url|worker-exit)\.ts$/,
    // The worker is started by its address, never called directly.
    mayImport: [ENGINE_FACE, WORKER_MESSAGES, /^src\/engine\/worker\.ts$/, DATA],
    packages: [/^comlink$/],
  },
  {
    name: 'engine backends',
    files: /^src\/engine\/backends\//,
    mayImport: [DATA, SIMD, /^src\/models\//, /^src\/gpu\//, /^src\/engine\/backends\//, SHADERS],
  },
  {
    name: 'engine training',
    files: /^src\/engine\/training\//,
    mayImport: [DATA, /^src\/models\//, ENGINE_CONTRACT, /^src\/engine\/(backends|training)\//],
  },
  {
    name: 'engine queries',
    files: /^src\/engine\/queries\//,
    mayImport: [DATA, STATS, /^src\/models\//, ENGINE_CONTRACT, /^src\/engine\/(backends|queries)\//],
  },
  {
    // The entry of the worker: it gives the engine what it needs of the machine and of the store.
    name: 'engine worker',
    files: /^src\/engine\/worker\.ts$/,
    mayImport: [DATA, /^src\/engine\/(?!(client|worker-exit)\.ts)/, /^src\/store\/checkpoints\.ts$/],
    packages: [/^comlink$/],
  },
  {
    name: 'engine session',
    files: /^src\/engine\/[^/]+\.ts$/,
    mayImport: [
      DATA,
      STATS,
      /^src\/models\//,
      /^src\/gpu\//,
      SIMD_LOADING,
      /^src\/engine\/(?!(client|worker-exit)\.ts)/,
      SHADERS,
    ],
  },
  {
    name: 'store',
    files: /^src\/store\//,
    mayImport: [DATA, /^src\/models\/(model|model-file|training|runs)\.ts$/, /^src\/store\//],
    packages: [/^idb$/],
  },
  {
    name: 'app',
    files: /^src\/app\//,
    mayImport: [
      DATA,
      MODEL_DATA,
      STATS,
      ENGINE_FACE,
      // Error classes and constants of the contract, no backend.
      ENGINE_CONTRACT,
      /^src\/store\//,
      /^src\/app\//,
    ],
    packages: [/^svelte(\/|$)/, /^docs\/glossary\.md$/, /^gifenc$/, /^uqr$/],
  },
  {
    // What every feature shares knows no state of the page: values in, callbacks out.
    name: 'ui parts',
    files: /^src\/ui\/parts\//,
    mayImport: [DATA, MODEL_DATA, /^src\/app\/(?!.*\.svelte\.ts$)/, /^src\/ui\/parts\//],
    packages: [/^svelte(\/|$)/, /^uplot(\/|$)/],
  },
  {
    // Chapters of Learn, the room around them and what they share: on the app's state, like a feature of ui.
    name: 'learn',
    files: /^src\/learn\//,
    mayImport: [
      DATA,
      MODEL_DATA,
      STATS,
      ENGINE_CONTRACT,
      // Small models are computed where they are shown, by the families' references; no programs of the GPU.
      /^src\/models\/([^/]+\/)?(?!program)[^/]+\.ts$/,
      /^src\/app\//,
      /^src\/ui\/parts\//,
      /^src\/learn\//,
    ],
    packages: [/^svelte(\/|$)/],
  },
  {
    name: 'ui',
    files: /^src\/ui\//,
    mayImport: [
      DATA,
      MODEL_DATA,
      STATS,
      ENGINE_CONTRACT,
      /^src\/store\/records\.ts$/,
      /^src\/app\//,
      /^src\/ui\//,
    ],
    packages: [/^svelte(\/|$)/],
  },
  {
    // The page around the rooms, which are fetched when they are opened.
    name: 'shell',
    files: /^src\/shell\//,
    mayImport: [
      DATA,
      ENGINE_CONTRACT,
      /^src\/app\//,
      /^src\/ui\//,
      /^src\/learn\/LearnRoom\.svelte$/,
      /^src\/shell\//,
    ],
    packages: [/^svelte(\/|$)/],
  },
  {
    name: 'cli',
    files: /^src\/cli\//,
    mayImport: [
      DATA,
      STATS,
      /^src\/models\//,
      /^src\/gpu\//,
      SIMD_LOADING,
      /^src\/engine\/(?!client|worker)/,
      /^src\/cli\//,
    ],
    packages: [/^node:/, /^webgpu$/, /^fast-png$/, /^vite$/, /^commander$/],
  },
  {
    // Of the page it knows nothing but messages: it outlives every version of it.
    name: 'service worker',
    files: /^src\/service-worker\//,
    // With the name of the cache that both use.
    mayImport: [/^src\/service-worker\//, /^src\/app\/files\/shared-cache\.ts$/],
    packages: [/^workbox-(precaching|strategies)$/],
  },
  {
    name: 'build',
    files: /^src\/build\//,
    // The page's first script is built as a file of its own.
    mayImport: [
      DATA,
      /^src\/models\/published\.ts$/,
      /^src\/app\/compare\/shipped-models\.ts$/,
      /^src\/build\//,
      /^src\/start-up\.ts$/,
      /^src\/learn\/(head|labels)\.ts$/,
    ],
    packages: [
      /^node:/,
      /^vite$/,
      /^vite-plugin-pwa$/,
      /^fast-png$/,
      /^fflate$/,
      /^marked$/,
      /^temml$/,
      /^svelte\/compiler$/,
    ],
  },
  {
    name: 'main',
    files: /^src\/[^/]+$/,
    mayImport: [/^src\/shell\/App\.svelte$/, /^src\/ui\//, /^src\/app\//, /^src\/[^/]+\.(css|svelte|ts)$/],
    packages: [/^svelte$/],
  },
];

/** Packages that one room alone may use, in one or two files. */
const SOLE_USERS: readonly { name: RegExp; files: RegExp }[] = [
  { name: /^idb$/, files: /^src\/store\/db\.ts$/ },
  { name: /^pbf$/, files: /^src\/models\/onnx\/proto\.ts$/ },
  { name: /^comlink$/, files: /^src\/engine\/(client|worker)\.ts$/ },
  { name: /^papaparse$/, files: /^src\/data\/import\/csv-table\.ts$/ },
  { name: /^webgpu$/, files: /^src\/cli\/dawn\.ts$/ },
  { name: /^commander$/, files: /^src\/cli\/main\.ts$/ },
  { name: /^gifenc$/, files: /^src\/app\/results\/gif\.ts$/ },
  { name: /^uqr$/, files: /^src\/app\/share\/qr-code\.ts$/ },
  { name: /^docs\/glossary\.md$/, files: /^src\/app\/glossary\.ts$/ },
];

/** One sentence for every import that breaks a rule. */
export function brokenRules(edges: readonly Edge[]): string[] {
  const broken: string[] = [];
  for (const { from, to } of edges) {
    const room = rooms.find((candidate) => candidate.files.test(from));
    if (!room) {
      broken.push(`${from} is in no room of the house`);
      continue;
    }
    const own = /^(src|shaders)\//.test(to);
    const allowed = own ? room.mayImport : (room.packages ?? []);
    if (!allowed.some((pattern) => pattern.test(to))) broken.push(`${room.name}: ${from} imports ${to}`);
    const sole = SOLE_USERS.find(({ name }) => name.test(to));
    if (sole && !sole.files.test(from))
      broken.push(`${from} imports ${to}, which is ${sole.files.source}'s alone`);
  }
  const cycle = findCycle(edges);
  if (cycle) broken.push(`cycle: ${cycle.join(' -> ')}`);
  return broken;
}

/** Types and globals that only a page has. The worker and Node know none of them. */
const PAGE_ONLY =
  /^(document|window|localStorage|sessionStorage|alert|HTML\w*|SVG\w*|Element|Document|Window|Node|DOM(Parser|Rect|Point)\w*|Mouse\w*|Pointer\w*|Keyboard\w*|matchMedia)$/;
const WORKER_OR_CLI =
  /^src\/(data|stats|gpu|simd|models|store|cli|service-worker)\/|^src\/engine\/(?!client|trusted-worker-url|worker-exit)/;

/** Uses of page-only names in code that runs in the worker or in Node. */
export function pageNames(sources: Sources): string[] {
  const found: string[] = [];
  for (const [path, text] of sources) {
    if (!WORKER_OR_CLI.test(path)) continue;
    const file = parse(path, text);
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) && PAGE_ONLY.test(node.text) && isFree(node)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
        found.push(`${path}:${line + 1} uses ${node.text}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return found;
}

/** Neither a member (`a.window`) nor the name of a declaration or property. */
function isFree(node: ts.Identifier): boolean {
  const parent: ts.Node & { name?: ts.Node } = node.parent;
  return parent.name !== node;
}

/** String literals outside the family's folders that spell a family's id. */
export function familyNames(sources: Sources, ids: readonly string[], exceptions: RegExp): string[] {
  const found: string[] = [];
  for (const [path, text] of sources) {
    if (/^src\/models\/[^/]+\//.test(path) || exceptions.test(path)) continue;
    const file = parse(path, text);
    const visit = (node: ts.Node): void => {
      if (ts.isStringLiteralLike(node) && ids.includes(node.text)) {
        const { line } = file.getLineAndCharacterOfPosition(node.getStart(file));
        found.push(`${path}:${line + 1} names "${node.text}"`);
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return found;
}

/**
 * Hyper-parameters called by name outside the families' folders, where they are asked by role or preset. A name such as `order`
 * means other things too, so it counts beside what holds hyper-parameters: read from it (`hyper.k`, `{ k } = hyper`),
 * written as a number into it (`hyper: { k: 6 }`, `completeHyper(spec, { k: 6 })`), or compared with a `name`.
 */
export function hyperNames(sources: Sources, names: readonly string[], exceptions?: RegExp): string[] {
  const any = `['"\`]?(?<name>${names.join('|')})['"\`]?(?![\\w-])`;
  const uses = [
    String.raw`hyper\w*(?:\([^()]*\))?[!?]?(?:\.(?!\[)|(?:\.)?\[(?=['"\`]))${any}`,
    String.raw`\{[^{}]*\b${any}[^{}]*\}\s*(?:=\s*[\w.#]*hyper|:\s*Hyper\b)`,
    String.raw`(?:hyper|Record<string, number>)[^;{}]*\{(?:[^{}]*[\s,])?${any}: *-?[\d.]`,
    String.raw`\bname\s*[!=]==\s*(?=['"\`])${any}`,
    String.raw`(?=['"\`])${any}\s*(?:[!=]==\s*[\w.]*\bname\b|in\s+[\w.#]*hyper)`,
  ].map((use) => new RegExp(use, 'gi'));
  return [...sources]
    .filter(([path]) => !/^src\/models\/[^/]+\//.test(path) && !exceptions?.test(path))
    .flatMap(([path, text]) =>
      uses.flatMap((use) =>
        Array.from(text.matchAll(use), ({ index, groups }) => {
          const line = text.slice(0, index).split('\n').length;
          return `${path}:${line} names the hyper-parameter "${groups?.name}"`;
        }),
      ),
    );
}
