import { existsSync, readdirSync } from 'node:fs';
import { constants, homedir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { wordsOf } from '../data/error-words.ts';
import { fail, ok, type Result } from '../data/result.ts';

/** Names a Vulkan driver's manifest (JSON) to use instead of the one found. */
export const DRIVER_VARIABLE = 'INKLING_VULKAN_DRIVER';

/** Dawn crashes where its instance is collected while a device of it lives. */
const instances: GPU[] = [];

/** Of dlfcn.h on Linux; Node names only the other flags. */
const RTLD_NODELETE = 0x1000;

const SWIFTSHADER = 'vk_swiftshader_icd.json';
const SYSTEM_MANIFESTS = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'];
/** Where NVIDIA's driver lies in containers whose loader does not look there. */
const MOUNTED_MANIFESTS = [
  '/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json',
  '/usr/local/nvidia/vulkan/icd.d/nvidia_icd.json',
];
const CHROMIUM_FOLDERS = [
  '/usr/lib/chromium',
  '/usr/lib/chromium-browser',
  '/opt/google/chrome',
  '/usr/lib64/chromium-browser',
];

/**
 * WebGPU in Node, through Dawn. On Linux it needs a Vulkan driver: the one of INKLING_VULKAN_DRIVER, else the system's, else one that a
 * container mounts, else the software driver that comes with Chromium. Fails with a sentence where nothing gives an adapter.
 */
export async function createDawn(): Promise<Result<GPU>> {
  let dawn: typeof import('webgpu');
  try {
    dawn = await import('webgpu');
  } catch (error) {
    return fail(`webgpu: Dawn could not be loaded (${wordsOf(error)}).`);
  }
  Object.assign(globalThis, dawn.globals);
  const open = (): GPU => {
    const gpu = dawn.create([]);
    instances.push(gpu);
    return gpu;
  };
  if (process.platform !== 'linux') return ok(open());
  // The loader complains on stderr where it is unset.
  process.env.XDG_RUNTIME_DIR ??= '/tmp';
  const given = process.env[DRIVER_VARIABLE];
  if (given !== undefined) {
    if (!existsSync(given)) return fail(`${DRIVER_VARIABLE}: no such file: ${given}`);
    return useDriver(given, open);
  }
  if (hasSystemDriver()) {
    const gpu = open();
    if ((await gpu.requestAdapter()) !== null) return ok(gpu);
  }
  const mounted = hasGpu('/dev') ? MOUNTED_MANIFESTS.find((path) => existsSync(path)) : undefined;
  if (mounted !== undefined) {
    const gpu = await useDriver(mounted, open);
    if (gpu.ok) return gpu;
  }
  const software = findSwiftShader();
  if (software !== null) preload(join(dirname(software), 'libvulkan.so.1'));
  if (software === null)
    return fail(
      `webgpu: no Vulkan driver found. Install the GPU's driver or Chromium, or name a driver's JSON file in ${DRIVER_VARIABLE}.`,
    );
  return useDriver(software, open);
}

async function useDriver(manifest: string, open: () => GPU): Promise<Result<GPU>> {
  process.env.VK_ICD_FILENAMES = manifest;
  process.env.VK_DRIVER_FILES = manifest;
  const gpu = open();
  if ((await gpu.requestAdapter()) !== null) return ok(gpu);
  return fail(`webgpu: the Vulkan driver ${manifest} gives no adapter.`);
}

/**
 * Loads the Vulkan loader that lies beside the driver: where the system has none, Dawn then finds this one. Node takes every
 * library for an addon and complains, but the library stays (RTLD_NODELETE), which is all that is wanted.
 */
function preload(library: string): void {
  if (!existsSync(library)) return;
  try {
    process.dlopen({ exports: {} }, library, constants.dlopen.RTLD_NOW | RTLD_NODELETE);
  } catch {
    // Not an addon, as expected. Whether it helped shows when an adapter is asked for.
  }
}

/**
 * Whether the system's own driver is worth a try. Packages of drivers lie on many machines without a GPU too, and the loader
 * complains on stderr where none of them finds one: so a device has to be there, or the driver is named in the environment.
 */
function hasSystemDriver(): boolean {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return true;
  const installed = SYSTEM_MANIFESTS.some((folder) => list(folder).some((name) => name.endsWith('.json')));
  return installed && hasGpu('/dev');
}

/** Whether a folder like Linux's /dev holds a GPU: a render node of DRM, NVIDIA's own, or that of Windows below WSL. */
export function hasGpu(folder: string): boolean {
  const rendering = list(join(folder, 'dri')).some((name) => name.startsWith('renderD'));
  return rendering || list(folder).some((name) => /^nvidia\d+$/.test(name) || name === 'dxg');
}

/** SwiftShader's manifest beside a Chromium: the system's, or one that Playwright installed. */
function findSwiftShader(): string | null {
  const cache = process.env.PLAYWRIGHT_BROWSERS_PATH ?? join(homedir(), '.cache', 'ms-playwright');
  const own = list(cache)
    .filter((name) => name.startsWith('chromium-'))
    .flatMap((name) => ['chrome-linux', 'chrome-linux64'].map((folder) => join(cache, name, folder)));
  return (
    [...CHROMIUM_FOLDERS, ...own]
      .map((folder) => join(folder, SWIFTSHADER))
      .find((path) => existsSync(path)) ?? null
  );
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
