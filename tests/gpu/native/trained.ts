/** The models that come with the app. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeModel } from '../../../src/models/model-file.ts';
import type { Model } from '../../../src/models/model.ts';

export const MODELS_FOLDER = 'public/models';

/** Those below `root`; none where there is no such folder. Throws where a file is no model. */
export function readTrained(root: string): readonly Model[] {
  const folder = join(root, MODELS_FOLDER);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.safetensors'))
    .map((name) => {
      const file = decodeModel(new Uint8Array(readFileSync(join(folder, name))), name);
      if (!file.ok) throw new Error(file.reason);
      return file.value.model;
    });
}
