import { writeSync } from 'node:fs';
import { cleanText } from '../data/clean-text.ts';
import { hasCode, meaningOf } from './system-errors.ts';

/** Exit code where the reader of a pipe is gone: the one that a shell reports for a program killed by SIGPIPE. */
export const READER_GONE = 141;
/** A message may quote a long name or field: it is cut to this length. */
const MAX_MESSAGE = 2000;
const RETRY_MS = 5;

/**
 * Writes all bytes to an open file; throws the system's error. A full non-blocking pipe refuses bytes (EAGAIN): the write is
 * then retried.
 */
export function writeAll(descriptor: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (!hasCode(error, 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
    }
  }
}

/** The streams that main() writes to: those of this process, or those of a test. */
export interface Streams {
  readonly write: (descriptor: 1 | 2, bytes: Uint8Array) => void;
}

export const ownStreams: Streams = { write: writeAll };

/** The descriptor of the report: the standard error where --out is the standard output. */
let reportTo: 1 | 2 = 1;

/** Redirects the report: the standard output carries a file of this command, which text must not follow. */
export function reportToStandardError(): void {
  reportTo = 2;
}

/**
 * Prints the result of a command without control characters and returns an exit code: 0; READER_GONE, without a message,
 * where the reader of the pipe is gone; 1, with a message, where writing failed for another reason.
 */
export function print(text: string, { write } = ownStreams): 0 | 1 | typeof READER_GONE {
  const lines = text.split('\n').map((line) => cleanText(line, Infinity));
  try {
    write(reportTo, new TextEncoder().encode(lines.join('\n')));
    return 0;
  } catch (error) {
    const reason = meaningOf(error);
    if (hasCode(error, 'EPIPE')) return READER_GONE;
    complain(`standard output: ${reason}; the result was not printed whole`, { write });
    return 1;
  }
}

/** Prints one line on the standard error, whatever the text contains. A failure to write is ignored. */
export function complain(reason: string, { write } = ownStreams): void {
  const line = cleanText(reason.replace(/\s+/g, ' '), MAX_MESSAGE);
  try {
    write(2, new TextEncoder().encode(`${line}\n`));
  } catch (error) {
    meaningOf(error);
  }
}

const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** JSON in one line. Control characters, and those that a terminal does not show, are escaped. */
export function jsonLine(value: object): string {
  return JSON.stringify(value).replace(INVISIBLE, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
