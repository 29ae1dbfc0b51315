import { cleanText } from '../../data/clean-text.ts';
import type { NamedFile } from '../../data/idx-pair.ts';
import { encodeModel } from '../../models/model-file.ts';
import type { ModelRecord } from '../../store/records.ts';

export function exportModel(model: ModelRecord): NamedFile {
  const { family, grid, hyper, tensors, binarisation, targets, seed, epochs, seconds, backend } = model;
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
  };
  return {
    name: `${fileName(model.name)}.safetensors`,
    bytes: encodeModel({ model: { family, grid, hyper, tensors }, provenance }),
  };
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
