import { fail, ok, type Result } from '../../data/result.ts';
import { decodeModel, type ModelFile } from '../model-file.ts';
import { findFamily } from '../registry.ts';
import { cardOf } from './card.ts';
import { type FormatId, refuseFormat } from './formats.ts';

/**
 * A model file of Inkling in another format; as safetensors it stays as it is. `name` is that of the file in messages. `pause` is awaited
 * between steps of long work. Fails where the file is no model, or its family cannot be written so.
 */
export async function convertModel(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
  format: FormatId,
  pause: () => Promise<void>,
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  const file = decodeModel(bytes, name);
  if (!file.ok) return file;
  const spec = findFamily(file.value.model.family);
  const refused = spec ? refuseFormat(spec, format) : null;
  return refused === null ? await written(file.value, bytes, format, pause) : fail(`${name}: ${refused}`);
}

async function written(
  file: ModelFile,
  bytes: Uint8Array<ArrayBuffer>,
  format: FormatId,
  pause: () => Promise<void>,
): Promise<Result<Uint8Array<ArrayBuffer>>> {
  switch (format) {
    case 'safetensors':
      return ok(bytes);
    case 'card':
      return ok(new TextEncoder().encode(await cardOf(file)));
    case 'npz': {
      const { npzOf } = await import('./npz.ts');
      return ok(await npzOf(file, await cardOf(file), pause));
    }
    case 'onnx': {
      const { onnxOf } = await import('./onnx-model.ts');
      const made = await onnxOf(file);
      return made.ok ? ok(made.value.bytes) : made;
    }
  }
}
