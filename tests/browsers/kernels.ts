/** Compiles every kernel of the repository to a pipeline, as the app does, on the adapter of `navigator.gpu`; for Deno. */
import { openDevice } from '../../src/gpu/device.ts';
import { shaderSources } from '../../src/gpu/shaders.ts';
import { tilesFor } from '../../src/gpu/tiles.ts';

const paths = [...shaderSources].filter(([, source]) => source.includes('@compute')).map(([path]) => path);
const opened = await openDevice(navigator.gpu);
if (!opened.ok) throw new Error(opened.reason);
const device = opened.value;
const failures: string[] = [];
for (const path of paths) {
  try {
    await device.kernel(path);
    // Where it is a product, in the tiles of phones too.
    await device.kernel(path, tilesFor({ vendor: 'arm' }, 1));
  } catch (error) {
    failures.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${paths.length - failures.length} of ${paths.length} kernels compile on ${device.adapter.name}`);
device.destroy();
// A list that found no file has shown nothing.
if (paths.length < 50) failures.push(`only ${paths.length} kernels were found`);
if (failures.length > 0) throw new Error(failures.join('\n'));
