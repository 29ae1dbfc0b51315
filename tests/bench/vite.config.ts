import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import { mnistPlugin } from '../../src/build/mnist.ts';
import { simdPlugin } from '../../src/build/simd.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The bench page, built as the app is, into a folder of its own. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  publicDir: `${root}/public`,
  plugins: [mnistPlugin(), simdPlugin()],
  worker: { format: 'es', plugins: () => [simdPlugin()] },
  logLevel: 'warn',
  build: {
    target: 'es2022',
    outDir: `${root}/node_modules/.cache/inkling/bench`,
    emptyOutDir: true,
    modulePreload: { polyfill: false },
  },
  preview: { host: 'localhost', port: 4327 },
});
