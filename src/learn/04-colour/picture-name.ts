import type { LabelOf } from '../labels.ts';
import type { ColourPixel } from './state.svelte.ts';

/** Of the picture that is shown: a visitor's has the name of its file. */
export function pictureName({ chosen, own }: ColourPixel, label: LabelOf): string {
  return chosen === 'own' && own ? own.name || label('nameless') : label(`picture-${chosen}`);
}
