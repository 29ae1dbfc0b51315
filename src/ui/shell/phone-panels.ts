/** What a phone shows one of at a time: names, and the icons that stand for them. */
export const phonePanels = [
  { id: 'draw', name: 'Draw', icon: 'pen' },
  { id: 'score', name: 'Score', icon: 'gauge' },
  { id: 'dream', name: 'Dream', icon: 'moon' },
  { id: 'ask', name: 'Ask', icon: 'ask' },
  { id: 'teach', name: 'Teach', icon: 'teach' },
] as const;

export type PhonePanel = (typeof phonePanels)[number]['id'];
