import { fromBase64 } from '../../data/base64.ts';
import { VERSION } from '../../data/version.ts';
import type { ModelRecord } from '../../store/records.ts';
import first from './first-model.json';

/** The model in slot A at the first visit; its id and its name are those of a counted model. */
export type FirstModel = Omit<ModelRecord, 'id' | 'name' | 'createdAt'>;

/**
 * That model, counted before: the first score waits neither for the thousand digits that it is counted from nor for the counting. It
 * equals what `Counting` makes of them, but for the seconds, with the scores of the unseen digits; tests/unit/app/first-screen.test.ts writes the file and compares.
 */
export function firstModel(): FirstModel {
  const floats = (text: string) => new Float32Array(fromBase64(text).buffer);
  const { tensors, unseen, binarisation } = first;
  return {
    ...first,
    tensors: Object.fromEntries(Object.entries(tensors).map(([name, text]) => [name, floats(text)])),
    unseen: floats(unseen),
    binarisation: { kind: 'stochastic', seed: binarisation.seed },
    backend: 'cpu',
    seconds: 0,
    curve: [],
    version: VERSION,
  };
}
