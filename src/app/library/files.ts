import { cleanText } from '../../data/clean-text.ts';
import type { NamedFile } from '../../data/idx-pair.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { Engine } from '../../engine/api.ts';
import { type FormatId, MODEL_FORMATS } from '../../models/export/formats.ts';
import { encodeModel, encodeOpened } from '../../models/model-file.ts';
import type { ModelRecord } from '../../store/records.ts';

/** The model as a file of safetensors; of one that was opened from a file, that file. Fails where the record is damaged. */
export function exportModel(model: ModelRecord): Result<NamedFile> {
  const { family, grid, hyper, tensors, binarisation, targets, seed, epochs, seconds, backend } = model;
  const name = `${fileName(model.name)}.safetensors`;
  if (model.file) {
    const bytes = encodeOpened(tensors, model.file);
    return bytes.ok ? ok({ name, bytes: bytes.value }) : fail(`${name}: ${bytes.reason}`);
  }
  const provenance = {
    dataset: model.dataset.name,
    images: model.dataset.images,
    binarisation,
    ...(targets ? { targets } : {}),
    seed,
    epochs,
    steps: model.curve.at(-1)?.step ?? 0,
    seconds,
    backend,
    ...(model.dataset.sha256 && { datasetSha256: model.dataset.sha256 }),
    ...(model.version && { version: model.version }),
    train: model.train,
    ...(model.validation && { validation: model.validation }),
  };
  return ok({ name, bytes: encodeModel({ model: { family, grid, hyper, tensors }, provenance }) });
}

/** The model in any format. */
export async function modelFileAs(
  model: ModelRecord,
  format: FormatId,
  engine: Pick<Engine, 'convertModel'>,
): Promise<Result<NamedFile>> {
  const file = exportModel(model);
  const chosen = MODEL_FORMATS.find(({ id }) => id === format);
  if (!file.ok || !chosen || format === 'safetensors') return file;
  const converted = await engine.convertModel(file.value, format);
  return converted.ok
    ? ok({ name: `${fileName(model.name)}${chosen.ending}`, bytes: converted.value })
    : converted;
}

/** Saves a file as a download of the browser. */
export function downloadFile({ name, bytes }: NamedFile): void {
  saveBlob(name, new Blob([bytes], { type: 'application/octet-stream' }));
}

/** The same for content of any type. */
export function saveBlob(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download reads the URL after the click has been handled.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Letters, digits and hyphens of any script: valid on every file system. */
export function fileName(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
  // The cut may leave half a surrogate pair, which cleanText removes.
  return cleanText(plain.slice(0, 60)) || 'inkling';
}
