import type { Panel } from '../app/play/view.svelte.ts';
import type { IconName } from '../ui/parts/icons.ts';

export const PANEL_NAMES: Readonly<Record<Panel, string>> = {
  draw: 'Draw',
  left: 'Model A',
  right: 'Model B',
  questions: 'Questions',
  training: 'Train',
};

/** Icons of the panels; models are shown by their letters. */
export const PANEL_ICONS: Readonly<Record<Panel, IconName | null>> = {
  draw: 'pen',
  left: null,
  right: null,
  questions: 'question',
  training: 'training',
};
