import { cleanText } from '../data/clean-text.ts';
import { wordsOf } from '../data/error-words.ts';
import type { NamedFile } from '../data/idx-pair.ts';
import { MAX_FILE_BYTES, readSteps, TOO_LARGE } from '../data/import/read-files.ts';
import type { ReadSource } from '../data/import/read-source.ts';
import { fail, type Result } from '../data/result.ts';

interface ReadOptions {
  readonly chosen: string | null;
  readonly onProgress: (share: number) => void;
  readonly signal: AbortSignal | undefined;
  readonly yieldToEventLoop: () => Promise<void>;
}

/** See Engine.readArrays: other work of the thread runs between its steps. */
export async function readArrays(
  files: readonly File[],
  { chosen, onProgress, signal, yieldToEventLoop }: ReadOptions,
): Promise<Result<ReadSource>> {
  const large = files.find(({ size }) => size > MAX_FILE_BYTES);
  if (large) return fail(`${cleanText(large.name)}: ${TOO_LARGE}`);
  const named: NamedFile[] = [];
  for (const file of files) {
    try {
      named.push({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
    } catch (error) {
      return fail(`${cleanText(file.name)}: cannot be read (${wordsOf(error)}); choose it again`);
    }
    signal?.throwIfAborted();
  }
  const steps = readSteps(named, chosen);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    onProgress(step.value);
    await yieldToEventLoop();
    signal?.throwIfAborted();
  }
}
