/** The thousand digits that come with the app, as the data set of a model record. */
export const STARTER = { id: 'starter', name: 'starter digits', revision: 0 } as const;
