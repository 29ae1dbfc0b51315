import type { Sources } from './imports.ts';

/** One comment and the line that it begins on, from 1. */
export interface Comment {
  readonly line: number;
  readonly text: string;
}

const COMMENT = /\/\*[\s\S]*?\*\/|<!--[\s\S]*?-->|(?<=^|\s)\/\/.*$/gm;
/** A path with a folder; patterns such as src/models/<family>/spec.ts are none. */
const PATH = /(?<![\w/.>*@-])[\w-]+(?:\/[\w.-]+)+\.(?:ts|svelte|wgsl|mjs|md|css|html)\b/g;

/** The comments of a file: its `//`, block and HTML comments. */
export function commentsOf(text: string): Comment[] {
  return [...text.matchAll(COMMENT)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    text: match[0],
  }));
}

/** Files that a comment names with their folder and that are not there, outer folders left out or not: "file:line names path". */
export function missingPaths(sources: Sources, files: readonly string[]): string[] {
  const exists = (name: string): boolean => files.some((file) => `/${file}`.endsWith(`/${name}`));
  return [...sources].flatMap(([path, text]) =>
    commentsOf(text).flatMap(({ line, text: comment }) =>
      comment.split('\n').flatMap((part, at) =>
        Array.from(part.matchAll(PATH), ([name]) => name)
          .filter((name) => !exists(name))
          .map((name) => `${path}:${line + at} names ${name}`),
      ),
    ),
  );
}
