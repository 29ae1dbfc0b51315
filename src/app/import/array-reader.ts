import type { Engine } from '../../engine/api.ts';
import type { ImportReader } from './readers.ts';

/** IDX, NPY, NPZ and CSV, read by the engine's worker; it takes every file, and says what is wrong with others. */
export function arrayReader(engine: Pick<Engine, 'readArrays'>): ImportReader {
  return {
    takes: () => true,
    read: (files, { chosen = null, onProgress, signal }) =>
      engine.readArrays(files, chosen, onProgress, signal),
  };
}
