/** What was thrown, in words: an error's message, or the value as text. */
export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
