import type { IconName } from '../ui/parts/icons.ts';

/** The panels of the Play room, of which a phone shows one at a time. */
export type PhonePanel = 'draw' | 'left' | 'right' | 'questions' | 'training';

export const phonePanels: readonly {
  readonly id: PhonePanel;
  readonly name: string;
  /** The models are shown by their letters. */
  readonly icon: IconName | null;
}[] = [
  { id: 'draw', name: 'Draw', icon: 'pen' },
  { id: 'left', name: 'Model A', icon: null },
  { id: 'right', name: 'Model B', icon: null },
  { id: 'questions', name: 'Questions', icon: 'question' },
  { id: 'training', name: 'Train', icon: 'training' },
];
