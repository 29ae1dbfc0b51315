/** Compiles every kernel of the repository to a pipeline, as the app does, on the adapter of `navigator.gpu`; for Deno. */
import { type DeviceOptions, openDevice, subgroupVariant } from '../../src/gpu/device.ts';
import { shaderSources } from '../../src/gpu/shaders.ts';
import { tilesFor } from '../../src/gpu/tiles.ts';

const all = [...shaderSources].filter(([, source]) => source.includes('@compute')).map(([path]) => path);
// A device that has subgroups compiles the variants for them instead.
const variants = new Set(all.map(subgroupVariant));
const paths = all.filter((path) => !variants.has(path));
const open = async (options: DeviceOptions) => {
  const opened = await openDevice(navigator.gpu, options);
  if (!opened.ok) throw new Error(opened.reason);
  return opened.value;
};
const device = await open({ subgroups: false });
const inSubgroups = await open({});
const failures: string[] = [];
for (const path of paths) {
  try {
    await device.kernel(path);
    // Where it is a product, in the tiles of phones too, and where it reads weights, as halves.
    await device.kernel(path, { ...tilesFor({ vendor: 'arm' }, 1), halves: 1 });
    await inSubgroups.kernel(path);
  } catch (error) {
    failures.push(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
const { subgroup } = inSubgroups.adapter;
console.log(subgroup === null ? 'without subgroups' : `with subgroups of ${subgroup} threads too`);
console.log(`${paths.length - failures.length} of ${paths.length} kernels compile on ${device.adapter.name}`);
device.destroy();
inSubgroups.destroy();
// A list that found no file has shown nothing.
if (paths.length < 50) failures.push(`only ${paths.length} kernels were found`);
if (failures.length > 0) throw new Error(failures.join('\n'));
