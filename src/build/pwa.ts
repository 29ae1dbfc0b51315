import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VitePWA, type ManifestOptions } from 'vite-plugin-pwa';

type Screenshots = NonNullable<ManifestOptions['screenshots']>;

/** Width and height from a PNG's first chunk (PNG specification, section 11.2.2). */
function pngSize(path: string): string {
  const header = readFileSync(path).subarray(16, 24);
  return `${header.readUInt32BE(0)}x${header.readUInt32BE(4)}`;
}

/** Screenshots are taken by the end-to-end run; a manifest must not name files that are not there. */
function screenshots(publicFolder: string): Screenshots {
  const wanted = [
    { file: 'screenshots/play-wide.png', form_factor: 'wide', label: 'Draw, read and sample side by side' },
    { file: 'screenshots/play-narrow.png', form_factor: 'narrow', label: 'The same on a phone' },
  ] as const;
  return wanted
    .map(({ file, ...rest }) => ({ src: file, path: join(publicFolder, file), ...rest }))
    .filter(({ path }) => existsSync(path))
    .map(({ path, ...rest }) => ({ ...rest, sizes: pngSize(path), type: 'image/png' }));
}

/**
 * Installable and offline. The shell and the starter digits are precached; the large MNIST files are kept once
 * fetched. A new version waits until the visitor accepts it: the page sends the waiting worker
 * `{ type: 'SKIP_WAITING' }`, and nothing reloads by itself. All addresses are relative, so that any sub-path
 * of any static host will do. The page registers `sw.js` itself, under its policy for script URLs.
 */
export function pwaPlugin(publicFolder: string): ReturnType<typeof VitePWA> {
  return VitePWA({
    registerType: 'prompt',
    injectRegister: false,
    filename: 'sw.js',
    manifest: {
      id: 'inkling',
      name: 'Inkling',
      short_name: 'Inkling',
      description:
        'Draw a digit and see how likely each model thinks it is; train models on your own machine and watch them dream.',
      lang: 'en',
      categories: ['education', 'utilities'],
      start_url: '.',
      scope: '.',
      display: 'standalone',
      background_color: '#f6f1e7',
      theme_color: '#f6f1e7',
      icons: [
        { src: 'icons/icon-192.png', sizes: '192x192', type: 'image/png' },
        { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png' },
        { src: 'icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        { src: 'icons/icon.svg', sizes: 'any', type: 'image/svg+xml' },
      ],
      screenshots: screenshots(publicFolder),
    },
    workbox: {
      globPatterns: ['**/*.{js,css,html,svg}', 'icons/*.png', 'data/starter*.bin', 'data/manifest.json'],
      navigateFallback: 'index.html',
      cleanupOutdatedCaches: true,
      // The first visit's own fetches of MNIST go through the cache too; a later version still waits to be accepted.
      clientsClaim: true,
      skipWaiting: false,
      // Links carry the experiment after the address; the file behind them is the same.
      ignoreURLParametersMatching: [/.*/],
      inlineWorkboxRuntime: true,
      sourcemap: false,
      runtimeCaching: [
        {
          urlPattern: /\/data\/mnist-[^/]*\.bin$/,
          handler: 'CacheFirst',
          options: {
            cacheName: 'mnist',
            cacheableResponse: { statuses: [200] },
            expiration: { maxEntries: 8 },
          },
        },
      ],
    },
  });
}
