import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VitePWA, type ManifestOptions, type VitePWAOptions } from 'vite-plugin-pwa';

type Screenshots = NonNullable<ManifestOptions['screenshots']>;
type Transform = NonNullable<VitePWAOptions['injectManifest']['manifestTransforms']>[number];

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
 * Gives every file that the service worker precaches the integrity of its bytes: a file that arrives in any other form
 * is not installed. The page's revision becomes the digest of the whole list, which identifies the version.
 */
export function withIntegrity(folder: () => string): Transform {
  return (entries) => {
    const manifest = entries.map((entry) => ({
      ...entry,
      integrity: `sha384-${createHash('sha384')
        .update(readFileSync(join(folder(), entry.url)))
        .digest('base64')}`,
    }));
    const digest = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
    const page = manifest.find(({ url }) => url === 'index.html');
    if (!page) throw new Error('precache: index.html is not among the built files');
    page.revision = digest;
    return { manifest, warnings: [] };
  };
}

/** What the installed app opens: data, models, backups, and pictures that were saved here. */
const FILE_TYPES: Record<string, string[]> = {
  'image/png': ['.png'],
  'text/csv': ['.csv'],
  'application/zip': ['.zip', '.npz'],
  'application/gzip': ['.gz'],
  'application/octet-stream': ['.safetensors', '.npy', '.idx'],
};

/** No warnings on slow plugins in the output of a build. */
export const withoutTimings = { checks: { bundlerTimings: false } } as const;

/**
 * Installable and offline. The shell, the starter digits and those of the calibration are precached; the large MNIST files are kept once
 * fetched. A new version waits until the visitor accepts it: the page sends the waiting worker
 * `{ type: 'SKIP_WAITING' }`, and nothing reloads by itself. All addresses are relative, so that any sub-path
 * of any static host works. The page registers `sw.js` itself, under its policy for script URLs.
 */
export function pwaPlugin(publicFolder: string): ReturnType<typeof VitePWA> {
  let outDir = 'dist';
  return VitePWA({
    registerType: 'prompt',
    injectRegister: false,
    filename: 'sw.ts',
    manifest: {
      id: 'inkling',
      name: 'Inkling',
      short_name: 'Inkling',
      description:
        'Draw a digit and see how likely each model thinks it is; train models on your own machine and watch them draw samples.',
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
      // Opening a file with the app, and sharing one to it: src/app/files.
      launch_handler: { client_mode: ['focus-existing', 'auto'] },
      file_handlers: [{ action: '.', accept: FILE_TYPES }],
      share_target: {
        action: 'share',
        method: 'POST',
        enctype: 'multipart/form-data',
        params: {
          files: [
            { name: 'files', accept: Object.entries(FILE_TYPES).flatMap(([type, ends]) => [type, ...ends]) },
          ],
        },
      },
    },
    strategies: 'injectManifest',
    srcDir: 'src/service-worker',
    // The icons are among the patterns.
    includeManifestIcons: false,
    injectManifest: {
      globPatterns: [
        '**/*.{js,css,html,svg,wasm,webmanifest}',
        'icons/*.png',
        'data/starter*.bin',
        'data/unseen*.bin',
        'data/manifest.json',
      ],
      manifestTransforms: [withIntegrity(() => outDir)],
      rollupFormat: 'iife',
      buildPlugins: {
        vite: [{ name: 'inkling-sw', config: () => ({ build: { rolldownOptions: withoutTimings } }) }],
      },
    },
    integration: {
      beforeBuildServiceWorker(options) {
        outDir = options.outDir;
        // The plugin's own entry for the web app manifest would have no integrity; the patterns find the file.
        options.injectManifest.additionalManifestEntries = [];
      },
    },
  });
}
