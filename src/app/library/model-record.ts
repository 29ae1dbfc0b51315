import { UNSEEN_DIGITS } from '../../data/unseen.ts';
import type { FileFrame, ModelFile } from '../../models/model-file.ts';
import type { ModelRecord } from '../../store/records.ts';

/** What a file does not state. */
const UNKNOWN = { nats: NaN, standardError: NaN, images: 0 } as const;

/** The model of a file as a record, with all that the file says. */
export function recordOfFile(
  { model, provenance, published }: ModelFile,
  frame: FileFrame,
  own: Pick<ModelRecord, 'id' | 'name' | 'dataset' | 'createdAt'>,
): ModelRecord {
  const { binarisation, targets, seed, epochs, seconds, backend, version } = provenance;
  const unseen = published?.unseen;
  return {
    ...model,
    ...own,
    binarisation,
    ...(targets ? { targets } : {}),
    seed,
    epochs,
    seconds,
    backend,
    train: published?.train ?? provenance.train ?? UNKNOWN,
    validation: published?.validation ?? provenance.validation ?? null,
    curve: [],
    // Of a file that was published with other test images they are computed here.
    ...(unseen?.length === UNSEEN_DIGITS && { unseen }),
    quantiles: new Float32Array(0),
    ...(version && { version }),
    file: frame,
  };
}
