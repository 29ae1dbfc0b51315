import type { GreyImages } from '../../../data/images.ts';
import type { Arena, GpuBuffer } from '../../../gpu/arena.ts';
import type { Device } from '../../../gpu/device.ts';

interface Entry {
  readonly arena: Arena;
  readonly buffer: GpuBuffer;
  users: number;
}

const sets = new WeakMap<Device, Map<GreyImages, Entry>>();

/** A data set on a device, freed after its last release: the learners of a class-conditional model share one. */
export interface Resident {
  readonly buffer: GpuBuffer;
  release(): void;
}

/** Uploads `rows()`, the images' bytes, unless they are there already. */
export function residentOn(
  device: Device,
  images: GreyImages,
  rows: () => Uint8Array<ArrayBuffer>,
): Resident {
  let own = sets.get(device);
  if (!own) sets.set(device, (own = new Map<GreyImages, Entry>()));
  let entry = own.get(images);
  if (!entry) {
    const arena = device.arena('data');
    entry = { arena, buffer: arena.filled('grey', rows()), users: 0 };
    own.set(images, entry);
  }
  const held = entry;
  held.users++;
  let released = false;
  return {
    buffer: held.buffer,
    release() {
      if (released) return;
      released = true;
      if (--held.users > 0) return;
      own.delete(images);
      held.arena.destroy();
    },
  };
}
