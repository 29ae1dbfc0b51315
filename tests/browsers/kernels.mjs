/**
 * Every kernel compiled to a pipeline by naga, the compiler of Firefox: `deno` carries WebGPU on wgpu. It needs a Vulkan
 * driver; Mesa's software driver will do.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { build } from 'vite';
import { findVulkanDriver, NotInstalled, packageFolder, root, start } from './tools.mjs';

const DENO = '2.9.6';

export async function compileKernels(said) {
  const driver = findVulkanDriver();
  if (process.platform === 'linux' && !driver)
    throw new NotInstalled('no software driver for Vulkan (Debian: mesa-vulkan-drivers)');
  const deno = join(await packageFolder('deno', DENO), 'bin.cjs');
  const folder = mkdtempSync(join(tmpdir(), 'inkling-kernels-'));
  try {
    await build({
      root,
      configFile: false,
      publicDir: false,
      logLevel: 'error',
      build: {
        ssr: 'tests/browsers/kernels.ts',
        outDir: folder,
        emptyOutDir: true,
        target: 'es2022',
        minify: false,
        rolldownOptions: { output: { entryFileNames: 'kernels.mjs', codeSplitting: false } },
      },
    });
    const run = start(process.execPath, [deno, 'run', '--unstable-webgpu', join(folder, 'kernels.mjs')], {
      output: 'pipe',
      env: {
        XDG_RUNTIME_DIR: process.env.XDG_RUNTIME_DIR ?? tmpdir(),
        DENO_NO_UPDATE_CHECK: '1',
        NO_COLOR: '1',
        ...(driver ? { VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: driver } : {}),
      },
    });
    let output = '';
    for (const stream of [run.child.stdout, run.child.stderr]) stream.on('data', (part) => (output += part));
    const code = await run.ended;
    for (const line of output.trim().split('\n')) said(line);
    if (code !== 0) throw new Error(`a kernel does not compile (exit code ${code})`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
