import { writeSync } from 'node:fs';
import { cleanText } from '../data/clean-text.ts';
import { meaningOf } from './system-errors.ts';

/** The exit code where the reader of a pipe has gone: what a shell reports of a program that SIGPIPE ended. */
export const READER_GONE = 141;
/** A message is one line; of a name or a field in it that never ends, the beginning is enough. */
const LONGEST_MESSAGE = 2000;
const RETRY_MS = 5;

/**
 * Writes all bytes to an open file and returns when the system has them. Throws the system's error. A pipe that does
 * not block refuses bytes while it is full: they are offered again.
 */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** What main() writes to: the standard output and the standard error of this process, or those of a test. */
export interface Streams {
  readonly write: (descriptor: 1 | 2, bytes: Uint8Array) => void;
}

export const ownStreams: Streams = { write: writeAll };

/** The file that --out names may be the standard output: the report then goes to the standard error. */
let reportTo: 1 | 2 = 1;

/** Says that the standard output carries a file of this command, which no line of text may follow. */
export function reportToStandardError(): void {
  reportTo = 2;
}

/**
 * Prints the result of a command, control characters removed line by line, and returns the exit code that a failure
 * asks for, or 0: silence and READER_GONE where the reader has gone, one message and 1 where the text has no room.
 */
export function print(text: string, { write } = ownStreams): 0 | 1 | typeof READER_GONE {
  const lines = text.split('\n').map((line) => cleanText(line, Infinity));
  try {
    write(reportTo, new TextEncoder().encode(lines.join('\n')));
    return 0;
  } catch (error) {
    const reason = meaningOf(error);
    if (isReaderGone(error)) return READER_GONE;
    complain(`standard output: ${reason}; the result was not printed whole`, { write });
    return 1;
  }
}

/** One line on the standard error, whatever the text holds. Where that cannot be written, the exit code has to do. */
export function complain(reason: string, { write } = ownStreams): void {
  const line = cleanText(reason.replace(/\s+/g, ' '), LONGEST_MESSAGE);
  try {
    write(2, new TextEncoder().encode(`${line}\n`));
  } catch (error) {
    meaningOf(error);
  }
}

function isReaderGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}

const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** JSON in one line of visible characters: those that a terminal acts upon, or does not show, are escaped. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(UNSEEN, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
