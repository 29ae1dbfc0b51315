import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { cardsPlugin } from './src/build/cards.ts';
import { chaptersPlugin } from './src/build/chapters.ts';
import { cspPlugin } from './src/build/csp.ts';
import { mnistPlugin } from './src/build/mnist.ts';
import { pwaPlugin, withoutTimings } from './src/build/pwa.ts';
import { shadersPlugin } from './src/build/shaders.ts';
import { roomFilesPlugin } from './src/build/room-files.ts';
import { START_UP_FILE, startUpPlugin } from './src/build/start-up.ts';

const publicFolder = fileURLToPath(new URL('public', import.meta.url));

export default defineConfig({
  // Relative: the built folder works under any sub-path of any static host.
  base: './',
  plugins: [
    mnistPlugin(),
    cardsPlugin(),
    chaptersPlugin(),
    svelte(),
    cspPlugin(),
    startUpPlugin(),
    roomFilesPlugin(START_UP_FILE),
    shadersPlugin(),
    pwaPlugin(publicFolder),
  ],
  worker: { format: 'es', rolldownOptions: withoutTimings },
  build: {
    target: 'es2022',
    sourcemap: false,
    // Every browser that has module workers preloads modules by itself.
    modulePreload: { polyfill: false },
    rolldownOptions: withoutTimings,
  },
  preview: { host: 'localhost', port: 4173 },
});
