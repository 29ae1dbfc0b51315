/** What a model can be saved as: data, so that menus need none of the code that writes it. */
import type { FamilySpec } from '../family-spec.ts';

export interface ModelFormat {
  readonly id: 'safetensors' | 'onnx' | 'npz' | 'card';
  readonly label: string;
  /** In a few words, for a menu. */
  readonly about: string;
  /** What is put behind the name of the model. */
  readonly ending: string;
  readonly type: string;
}

export type FormatId = ModelFormat['id'];

export const MODEL_FORMATS: readonly ModelFormat[] = [
  {
    id: 'safetensors',
    label: 'safetensors',
    about: 'all of it, to open it here again',
    ending: '.safetensors',
    type: 'application/octet-stream',
  },
  {
    id: 'onnx',
    label: 'ONNX',
    about: 'log p as a graph, for other runtimes',
    ending: '.onnx',
    type: 'application/octet-stream',
  },
  { id: 'npz', label: 'NPZ', about: 'weights for NumPy', ending: '.npz', type: 'application/zip' },
  {
    id: 'card',
    label: 'Model card',
    about: 'what it is, as Markdown',
    ending: '-README.md',
    type: 'text/markdown',
  },
];

/** Why a model of the family cannot be saved so, as a sentence without its end; null where it can. */
export function refuseFormat(spec: FamilySpec, format: FormatId): string | null {
  return format === 'onnx' && spec.onnx !== true
    ? `${spec.label} has no ONNX graph: take safetensors or NPZ`
    : null;
}
