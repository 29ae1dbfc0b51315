/** What several rooms offer to choose from: in one order, and by the same words, everywhere. */

import type { Binarisation } from '../data/binarisation.ts';
import type { FamilySpec } from '../models/family-spec.ts';
import type { DatasetRecord } from '../store/records.ts';
import { MNIST_ID } from './library/mnist.svelte.ts';

/** The kinds of binarisation, from the one that uses no random numbers to the one that uses the most; at the end none at all. */
export const BINARISATIONS: readonly { readonly kind: Binarisation['kind']; readonly label: string }[] = [
  { kind: 'threshold', label: 'Threshold: ink from half covered' },
  { kind: 'stochastic', label: 'Stochastic: dice rolled once' },
  { kind: 'dynamic', label: 'Dynamic: dice rolled every epoch' },
  { kind: 'none', label: 'None: already black and white' },
];

const GROUPS: readonly { readonly label: string; readonly has: (spec: FamilySpec) => boolean }[] = [
  { label: 'Counted: every image is seen once', has: ({ training }) => training === 'counted' },
  { label: 'Fitted by EM, again and again', has: ({ training }) => training === 'em' },
  {
    label: 'Trained step by step',
    has: ({ training, task }) => training === 'descended' && task === 'density',
  },
  {
    label: 'Classifiers: no p(x), no samples',
    has: ({ training, task }) => training === 'descended' && task === 'classifier',
  },
];

/** The families by how they learn, those that take the least time first; none is empty. */
export function familyGroups(
  families: readonly FamilySpec[],
): readonly { readonly label: string; readonly specs: readonly FamilySpec[] }[] {
  return GROUPS.map(({ label, has }) => ({ label, specs: families.filter(has) })).filter(
    ({ specs }) => specs.length > 0,
  );
}

/** The families in the order of their groups. */
export function inOrder(families: readonly FamilySpec[]): readonly FamilySpec[] {
  return familyGroups(families).flatMap(({ specs }) => specs);
}

/** MNIST before the visitor's own sets. */
export function mnistFirst<T extends Pick<DatasetRecord, 'id'>>(datasets: readonly T[]): readonly T[] {
  return datasets.toSorted((a, b) => Number(b.id === MNIST_ID) - Number(a.id === MNIST_ID));
}
