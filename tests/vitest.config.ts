import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { chaptersPlugin } from '../src/build/chapters.ts';
import { simdPlugin } from '../src/build/simd.mjs';
import { shippedModelsDefine } from '../src/build/shipped-models.ts';
import { launchOptions } from './browser.mjs';

/** Suites of a second or more: they spawn processes, enumerate many models or wait. `npm run test:quick` leaves them out. */
const SLOW = [
  'tests/unit/app/{anomaly,backup-mutations,exactness,explain,link-mutations,pad-ink,speed-record}.test.ts',
  'tests/unit/build/mnist.test.ts',
  'tests/unit/compatibility/commands.test.ts',
  'tests/unit/data/{idx,png-text-mutations,read-files,read-files-mutations}.test.ts',
  'tests/unit/cli/{anomaly,classify,complete,gpu,grey-levels,launcher,learning-curve,loaders,long-run,output,round-trip,sweep,toy-family,webgpu,workers}.test.ts',
  'tests/unit/engine/{classify,client,complete,exactness,explain,hidden-units,recovery,speed,trainer}.test.ts',
  'tests/unit/learn/{chains-digits,chapters,colour,colour-models,counting-powers,discriminative,distance,neural,neural-state,truth,using}.test.ts',
  'tests/unit/models/{bayes-net,chow-liu,cpu-backend,exp-tables,families,fvsbn,given,made,marginal,model-file,model-file-mutations,nade,pixelcnn,pixelcnn-rows,results-mutations,sparse-pixelcnn,tables,tree-mixture}.test.ts',
  'tests/unit/models/onnx/parity.test.ts',
  'tests/unit/simd/{mutations,products,random}.test.ts',
  'tests/unit/store/two-tabs.test.ts',
];

/**
 * Tests on a real WebGPU. Chromium's software adapter compiles kernels on one core, and that is most of the time: `npm test` runs
 * the two folders side by side, each in a browser of its own.
 */
const inChromium = (name: string, include: string, port: number): TestProjectInlineConfiguration => ({
  extends: true,
  // Found during a run, a dependency reloads the page in the middle of a test.
  optimizeDeps: { include: ['comlink', 'fflate', 'idb'] },
  test: {
    name,
    // A software adapter compiles the kernels of a deep network for a minute where others use the cores.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    include: [include],
    // One software adapter serves all pages of a browser: side by side they only wait for each other.
    fileParallelism: false,
    // All files in one page, which shares a device and its kernels: tests/gpu/shared-device.ts.
    isolate: false,
    browser: {
      enabled: true,
      headless: true,
      // Another than that of the project beside it; where it is taken, the next free one.
      api: { port },
      screenshotFailures: false,
      provider: playwright({ launchOptions: launchOptions() }),
      instances: [{ browser: 'chromium' }],
    },
  },
});

/** Suites that replace modules or fill a database: they share no modules with others. */
const ALONE = [
  'tests/unit/app/{drawing-storage.svelte,interrupted,model-files.svelte,names.svelte,training.svelte}.test.ts',
  'tests/unit/cli/{broken-weights,divergence}.test.ts',
  'tests/unit/compatibility/database.test.ts',
  'tests/unit/store/*.test.ts',
];

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  // Runes classes are tested as they run in the page, so the client's code is compiled in Node too.
  plugins: [
    simdPlugin(),
    chaptersPlugin(),
    svelte({ dynamicCompileOptions: () => ({ generate: 'client' }) }),
  ],
  // Tests make what they need; the app's static files would only slow the start.
  publicDir: false,
  define: shippedModelsDefine(),
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Vitest leaves one core idle, which of two is half of the machine.
    maxWorkers: availableParallelism(),
    projects: [
      {
        extends: true,
        resolve: { conditions: ['browser'] },
        test: { name: 'quick-alone', environment: 'node', include: ALONE, exclude: SLOW },
      },
      {
        extends: true,
        resolve: { conditions: ['browser'] },
        test: {
          name: 'quick',
          environment: 'node',
          include: ['tests/unit/**/*.test.ts'],
          exclude: [...ALONE, ...SLOW],
          // Files share their modules: importing them afresh takes as long as the tests.
          isolate: false,
        },
      },
      {
        extends: true,
        resolve: { conditions: ['browser'] },
        test: { name: 'slow', environment: 'node', include: SLOW },
      },
      inChromium('gpu-kernels', 'tests/gpu/kernels/*.test.ts', 63_315),
      inChromium('gpu-engine', 'tests/gpu/engine/*.test.ts', 63_325),
    ],
  },
});
