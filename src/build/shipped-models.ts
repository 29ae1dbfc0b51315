import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ShippedModel } from '../app/compare/shipped-models.ts';
import { decodeSafetensors } from '../data/safetensors.ts';
import { publishedIn } from '../models/published.ts';

const FOLDER = fileURLToPath(new URL('../../public/models', import.meta.url));
const ENDING = '.safetensors';

/**
 * The models in public/models, by name. Throws where a file was not made by the command `publish`; whether its weights are those of its
 * family is tested (tests/unit/build/shipped-models.test.ts), because the families cannot be imported here.
 */
export function listShippedModels(folder = FOLDER): ShippedModel[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(ENDING))
    .sort()
    .map((file) => {
      const bytes = new Uint8Array(readFileSync(join(folder, file)));
      const path = `public/models/${file}`;
      const read = decodeSafetensors(bytes, path);
      if (!read.ok) throw new Error(read.reason);
      const published = publishedIn(read.value);
      if (!published.ok) throw new Error(`${path}: ${published.reason}`);
      if (!published.value) throw new Error(`${path}: measured: missing: make it by the command publish`);
      const { family, width, height, hyper } = read.value.metadata;
      const { binarisation, test, accuracy } = published.value;
      return {
        name: basename(file, ENDING),
        bytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        family,
        grid: { width: Number(width), height: Number(height) },
        hyper: JSON.parse(hyper) as ShippedModel['hyper'],
        binarisation,
        test: { nats: test.nats, standardError: test.standardError },
        accuracy: accuracy?.test ?? null,
      };
    });
}

/** What vite replaces in src/app/compare/shipped-models.ts. Files that are added while a server runs are seen at its next start. */
export function shippedModelsDefine(): Record<string, string> {
  return { __SHIPPED_MODELS__: JSON.stringify(listShippedModels()) };
}
