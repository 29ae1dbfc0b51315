/** Meanings of the terms of docs/glossary.md, as the build reads them (src/build/chapters.ts). */
export type Glossary = Readonly<Record<string, string>>;

/** A file of its own: the first bubble that opens fetches it, and no page before. */
const files = import.meta.glob<Glossary>('../../docs/glossary.md', { import: 'default' });
let fetched: Promise<Glossary> | null = null;

/** Fetched once; where that fails, the next call tries again. */
export function fetchGlossary(): Promise<Glossary> {
  fetched ??= files['../../docs/glossary.md']().catch((error: unknown) => {
    fetched = null;
    throw error;
  });
  return fetched;
}
