import type { MaskPreset } from '../../data/mask-presets.ts';

/** Each keeps what the known mask of that name keeps. */
export const PRESETS = [
  { id: 'none', label: 'Hide nothing', keeps: 'all' },
  { id: 'bottom-half', label: 'Hide the bottom half', keeps: 'top-half' },
  { id: 'top-half', label: 'Hide the top half', keeps: 'bottom-half' },
  { id: 'right-half', label: 'Hide the right half', keeps: 'left-half' },
  { id: 'left-half', label: 'Hide the left half', keeps: 'right-half' },
  { id: 'every-other', label: 'Hide every other pixel', keeps: 'checkerboard' },
] as const satisfies readonly { id: string; label: string; keeps: MaskPreset }[];

export type PresetId = (typeof PRESETS)[number]['id'];

/** What every visit begins with. */
export const FIRST_PRESET: PresetId = 'bottom-half';

/** Hidden pixels of a link: a preset by name, or [n], 1 where a pixel is hidden; null: the link names none. */
export type LinkedMask = Uint8Array<ArrayBuffer> | PresetId | null;
