import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hasGpu } from '../../../src/cli/dawn.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inkling-dev-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('takes the driver of the system only where a GPU is there, whatever drivers are installed', () => {
  expect(hasGpu(folder)).toBe(false);
  expect(hasGpu(join(folder, 'nowhere'))).toBe(false);
  // A display without a renderer, and NVIDIA's control device, are no GPU.
  mkdirSync(join(folder, 'dri'));
  for (const name of ['dri/card0', 'nvidiactl', 'nvidia-uvm']) writeFileSync(join(folder, name), '');
  expect(hasGpu(folder)).toBe(false);
});

it.each(['dri/renderD128', 'nvidia0', 'dxg'])('takes %s for a GPU', (name) => {
  mkdirSync(join(folder, 'dri'));
  writeFileSync(join(folder, name), '');
  expect(hasGpu(folder)).toBe(true);
});
