import { cleanText } from '../../data/clean-text.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import { findFamily } from '../../models/registry.ts';
import type { ModelRecord } from '../../store/records.ts';
import type { Library } from './library.svelte.ts';
import { recordOfFile } from './model-record.ts';
import { cleanName } from './names.ts';

/** Larger files are refused before they are read into memory. */
const MAX_BYTES = 256 * 2 ** 20;
/** Ids of models that were opened from a file begin with this. */
const OPENED = 'file';

/**
 * Opens a picked, dropped or pasted model file and keeps it in the library. Its id follows from the content, so that the same file is the same model: it
 * is then the one that is there, under the name that it has. A reason reads "file: field: what is wrong".
 */
export async function openModelFile(
  file: File,
  {
    library,
    engine,
  }: { readonly library: Pick<Library, 'models' | 'addModel'>; readonly engine: Pick<Engine, 'openModel'> },
): Promise<Result<ModelRecord>> {
  const name = cleanText(file.name);
  if (file.size > MAX_BYTES) return fail(`${name}: larger than 256 MiB: no model of Inkling is`);
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await file.arrayBuffer());
  } catch {
    return fail(`${name}: it could not be read: is it still there?`);
  }
  const opened = await engine.openModel({ name, bytes });
  if (!opened.ok) return opened;
  const { frame, contentId } = opened.value;
  const id = `${OPENED}-${contentId}`;
  const known = library.models.find((model) => model.id === id);
  if (known) return ok(known);
  const { model, provenance } = opened.value.file;
  const record = recordOfFile(opened.value.file, frame, {
    id,
    name: cleanName(name.replace(/\.safetensors$/i, ''), findFamily(model.family)?.label ?? model.family),
    dataset: {
      id: OPENED,
      name: cleanName(provenance.dataset, 'unknown'),
      revision: 0,
      images: provenance.images,
      ...(provenance.datasetSha256 && { sha256: provenance.datasetSha256 }),
    },
    createdAt: Date.now(),
  });
  const added = await library.addModel(record);
  return added.ok ? ok(record) : fail(`${name}: it could not be kept: ${added.reason}`);
}
