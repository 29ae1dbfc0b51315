import { wordsPerImage } from '../../../data/images.ts';
import type { Device } from '../../../gpu/device.ts';
import { uploads } from '../../../gpu/work.ts';
import type { Model } from '../../../models/model.ts';
import type { EmIteration } from '../backend.ts';
import { capacityOf, overPieces } from './scorer.ts';
import { openScope } from './scope.ts';

/** Most images of one upload. */
const MAX_TOGETHER = 2048;

/** One iteration of EM. Throws where the family is not fitted by it. */
export async function openEmIteration(device: Device, model: Model): Promise<EmIteration> {
  const scope = await openScope(device, model, model.tensors);
  const { arena, program, grid } = scope;
  const open = () => {
    if (!program.emIteration) throw new Error(`family: "${model.family}" is not fitted by EM`);
    const capacity = capacityOf(MAX_TOGETHER, wordsPerImage(grid) * 4);
    const images = arena.storage('images', capacity * wordsPerImage(grid) * 4);
    return { capacity, images, emIteration: program.emIteration(scope, { images, capacity }) };
  };
  try {
    const { capacity, images, emIteration } = await device.guard(`${model.family}: memory`, open);
    return {
      async add(added) {
        const { partial, parts } = emIteration;
        const nats = await overPieces(added, capacity, async (piece) => {
          const work = [...uploads(images, piece.words), ...emIteration.add(piece.count)];
          const values = await device.readback.floats(partial, parts * piece.count, work);
          return values.reduce((sum, value) => sum + value, 0);
        });
        return nats.reduce((sum, value) => sum + value, 0);
      },
      async finish() {
        const names = Object.keys(emIteration.statistics);
        const sources = names.map((name) => ({
          source: emIteration.statistics[name],
          count: emIteration.statistics[name].bytes / 4,
        }));
        const read = await device.readback.read(sources);
        return emIteration.finish(
          Object.fromEntries(names.map((name, i) => [name, new Float32Array(read[i])])),
        );
      },
      destroy: () => arena.destroy(),
    };
  } catch (error) {
    arena.destroy();
    throw error;
  }
}
