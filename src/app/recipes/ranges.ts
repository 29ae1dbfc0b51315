/** What the numbers of a training run may be. */
export const EPOCHS = { min: 1, max: 1000, step: 1 } as const;
export const BATCH = { min: 1, max: 1000, step: 1 } as const;
export const RATE = { min: 0.00001, max: 1, step: 0.00001 } as const;
export const SEED = { min: 0, max: 0xffffffff, step: 1 } as const;

/** Of the images, held back in every run of the page: a run and its recipe must hold back the same. */
export const VALIDATION_SHARE = 0.1;
