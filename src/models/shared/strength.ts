import type { HyperParameter } from '../family-spec.ts';

/** Smoothing by imagined images. A family whose imagined images are others says so in its own `meaning`. */
export const STRENGTH: HyperParameter = {
  name: 'strength',
  label: 'Smoothing',
  meaning: 'How many imagined images every table has seen before the first real one.',
  unit: 'images',
  min: 0.01,
  max: 100,
  step: 0.01,
  default: 1,
  // Chosen once for sample efficiency, on training digits held back.
  presets: { few: 0.3 },
};
