import { readFileSync } from 'node:fs';
import { firstOfEachClass, mnistPaths } from '../../../src/build/mnist.ts';
import { takeRows } from '../../../src/data/dataset.ts';
import { readIdx } from '../../../src/data/idx.ts';
import type { GreyImages } from '../../../src/data/images.ts';

/** The thousand digits that come with the app. */
export function starterDigits(): GreyImages {
  const { trainImages, trainLabels } = mnistPaths();
  const train = readIdx(new Uint8Array(readFileSync(trainImages)), new Uint8Array(readFileSync(trainLabels)));
  if (!train.ok) throw new Error(train.reason);
  return takeRows(train.value, firstOfEachClass(train.value, 100));
}
