/** What a run needs, as one file that the engine fetches when the first run begins. */
export { poolImages } from '../../data/pool.ts';
export { packSource, unpackSource } from './packing.ts';
export { train } from './trainer.ts';
