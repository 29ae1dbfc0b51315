import type { Grid } from '../../data/images.ts';
import { reference as fvsbn, definition as fvsbnDefinition } from '../../models/fvsbn/reference.ts';
import { reference as made, definition as madeDefinition } from '../../models/made/reference.ts';
import { reference as nade, definition as nadeDefinition } from '../../models/nade/reference.ts';
import { reference as pixelcnn, definition as pixelcnnDefinition } from '../../models/pixelcnn/reference.ts';
import type { Hyper } from '../../models/model.ts';
import type { Definition, Reference } from '../../models/reference.ts';

export const FAMILIES = ['fvsbn', 'nade', 'made', 'pixelcnn'] as const;
export type Family = (typeof FAMILIES)[number];

/** What a family's picture may be zoomed to, each inside the one before: sums of sums. */
export const LEVELS = ['image', 'pixel', 'unit', 'filter'] as const;
export type Level = (typeof LEVELS)[number];

/** The levels of a family: a logistic regression has no hidden units, and only a convolution has filters behind them. */
export const LEVELS_OF: Readonly<Record<Family, readonly Level[]>> = {
  fvsbn: ['image', 'pixel'],
  nade: ['image', 'pixel', 'unit'],
  made: ['image', 'pixel', 'unit'],
  pixelcnn: LEVELS,
};

/** The grid of the networks that are trained in the page: large enough for a digit, small enough to be drawn line by line. */
export const GRID: Grid = { width: 14, height: 14 };

/** How one family is trained in the page. */
export interface Plan {
  readonly hyper: Hyper;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  /** About how long that takes on one core. */
  readonly seconds: number;
}

/** Small enough for one core; steps and rates were chosen on the digits that are held back from training. */
export const PLANS: Readonly<Record<Family, Plan>> = {
  fvsbn: {
    hyper: { order: 0 },
    steps: 400,
    batchSize: 50,
    learningRate: 0.02,
    seconds: 2,
  },
  nade: {
    hyper: { hidden: 16, order: 0 },
    steps: 400,
    batchSize: 50,
    learningRate: 0.03,
    seconds: 2,
  },
  made: {
    hyper: { hidden: 16, layers: 1, orders: 1 },
    steps: 400,
    batchSize: 50,
    learningRate: 0.03,
    seconds: 2,
  },
  pixelcnn: {
    hyper: { blocks: 1 },
    steps: 200,
    // Small, because a page stands still while one batch is computed.
    batchSize: 10,
    learningRate: 0.01,
    seconds: 10,
  },
};

interface Arithmetic {
  readonly reference: Reference;
  readonly definition: Definition;
}

/** The families' own code: what is drawn and written in the figure is compared with it by the tests. */
export const ARITHMETIC: Readonly<Record<Family, Arithmetic>> = {
  fvsbn: { reference: fvsbn, definition: fvsbnDefinition },
  nade: { reference: nade, definition: nadeDefinition },
  made: { reference: made, definition: madeDefinition },
  pixelcnn: { reference: pixelcnn, definition: pixelcnnDefinition },
};
