import type { ModelSlot } from '../../app/compare/model-slot.svelte.ts';
import { count, plural } from '../../app/format.ts';
import type { Output } from '../../app/results/output.ts';
import { modelNote } from '../../app/results/notes.ts';
import type { MethodRow } from '../../app/sampling/sampling.svelte.ts';
import { letterOf } from '../../app/sides.ts';
import { unpackImage } from '../../data/images.ts';
import { inkPictures, pixelColumns } from '../parts/figure-pictures.ts';

/** The images of one method; null before it has begun. */
export function methodOutput(
  slot: ModelSlot,
  { title, method, frame }: MethodRow,
  seed: number,
): Output | null {
  if (!frame) return null;
  const { images, finished, iterations } = frame;
  return {
    name: `inkling ${method} sampling ${letterOf(slot.side)} ${slot.title}`,
    figure: {
      title: `${title}: ${plural(images.count, 'image')}`,
      description: `${count(finished.filter((passes) => passes > 0).length)} of ${plural(images.count, 'image')} finished after ${plural(iterations, 'pass', 'passes')}.`,
      columns: 1,
      panels: [
        {
          kind: 'images',
          title: '',
          columns: Math.ceil(Math.sqrt(images.count)),
          pictures: inkPictures(images),
          captions: Array.from(finished, (passes) =>
            passes > 0 ? plural(passes, 'pass', 'passes') : 'under way',
          ),
        },
      ],
      notes: [
        modelNote({ side: slot.side, title: slot.title, model: slot.model, density: null }),
        `Seed ${seed}.`,
      ],
    },
    table: {
      columns: ['image', 'passes until finished', ...pixelColumns(images.grid)],
      rows: Array.from(finished, (passes, at) => [
        at + 1,
        passes > 0 ? passes : null,
        ...unpackImage(images, at),
      ]),
    },
  };
}
