/** The panels of the Play room, of which a phone shows one at a time. */
export const phonePanels = [
  { id: 'draw', name: 'Draw', icon: 'pen' },
  { id: 'score', name: 'Score', icon: 'gauge' },
  { id: 'samples', name: 'Samples', icon: 'moon' },
  { id: 'questions', name: 'Questions', icon: 'question' },
  { id: 'training', name: 'Training', icon: 'training' },
] as const;

export type PhonePanel = (typeof phonePanels)[number]['id'];
