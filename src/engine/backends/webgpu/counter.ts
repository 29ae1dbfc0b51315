import { wordsPerImage } from '../../../data/images.ts';
import type { Device } from '../../../gpu/device.ts';
import { uploads } from '../../../gpu/work.ts';
import type { Counter } from '../backend.ts';
import { capacityOf, piecesOf } from './scorer.ts';
import { openScope, type ProgramModel } from './scope.ts';

const MAX_COUNTED = 8192;

/** Counts a family's tables. Throws where the family is not counted. */
export async function openCounter(device: Device, model: ProgramModel): Promise<Counter> {
  const scope = await openScope(device, model, {});
  const { arena, program, grid } = scope;
  const open = () => {
    if (!program.counter) throw new Error(`family: "${model.family}" is not counted`);
    const capacity = capacityOf(MAX_COUNTED, wordsPerImage(grid) * 4);
    const images = arena.storage('images', capacity * wordsPerImage(grid) * 4);
    return { capacity, images, counter: program.counter(scope, { images, capacity }) };
  };
  try {
    const { capacity, images, counter } = await device.guard(`${model.family}: memory`, open);
    return {
      async add(added) {
        for (const { piece } of piecesOf(added, capacity)) {
          await device.scheduler.run([...uploads(images, piece.words), ...counter.add(piece.count)]);
        }
      },
      async finish() {
        const names = Object.keys(counter.counts);
        const sources = names.map((name) => ({
          source: counter.counts[name],
          count: counter.counts[name].bytes / 4,
        }));
        const read = await device.readback.read(sources);
        return counter.finish(Object.fromEntries(names.map((name, i) => [name, new Uint32Array(read[i])])));
      },
      destroy: () => arena.destroy(),
    };
  } catch (error) {
    arena.destroy();
    throw error;
  }
}
