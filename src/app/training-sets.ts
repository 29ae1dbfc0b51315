import type { DatasetRecord } from '../store/records.ts';
import { STARTER } from './counting.ts';
import { count, plural } from './format.ts';
import { MNIST_ID, MNIST_IMAGES } from './mnist.svelte.ts';

export interface TrainingSet {
  readonly id: string;
  readonly label: string;
}

/** Everything that can be trained on: MNIST, here or still to be fetched, the starter digits, and the visitor's own. */
export function trainingSets(datasets: readonly DatasetRecord[]): TrainingSet[] {
  const here = datasets.some((each) => each.id === MNIST_ID);
  const own = datasets.filter((each) => each.id !== MNIST_ID);
  return [
    { id: MNIST_ID, label: `MNIST, ${count(MNIST_IMAGES)} digits${here ? '' : ' (fetched first, 10 MB)'}` },
    { id: STARTER.id, label: 'Starter digits, 1,000' },
    ...own.map(({ id, name, count: images, origin }) => ({
      id,
      label: `${name}, ${origin === 'drawn' ? plural(images, 'drawing') : plural(images, 'image')}`,
    })),
  ];
}
