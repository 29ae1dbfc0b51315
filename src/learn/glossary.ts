const tables = import.meta.glob<Readonly<Record<string, string>>>('../../docs/glossary.md', {
  import: 'default',
  eager: true,
});

/** Meanings of the terms of docs/glossary.md, made by the build (src/build/chapters.ts). */
export const glossary: Readonly<Record<string, string>> = tables['../../docs/glossary.md'];
