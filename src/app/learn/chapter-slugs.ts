/** Addresses of the chapters of Learn, for links from elsewhere: names of their folders, which a test compares. */
export const CHAPTER_SLUGS = [
  'models',
  'coin',
  'die',
  'colour',
  'counting',
  'independence',
  'chains',
  'distance',
  'discriminative',
  'neural',
  'sampling',
  'using',
  'truth',
] as const;
export type ChapterSlug = (typeof CHAPTER_SLUGS)[number];
