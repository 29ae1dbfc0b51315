/**
 * Text that came from outside (names of files, fields of a file), made safe to show in a terminal, a page or a
 * message: terminal escape sequences are removed as a whole; tabs and line breaks of every kind become spaces;
 * all other control characters (C0 and C1), bidirectional controls and isolates, zero-width and other invisible
 * characters and halves of surrogate pairs are removed. The result has at most `longest` UTF-16 units; a longer
 * text ends with an ellipsis and is never cut inside a character. May return an empty string.
 */
export function cleanText(text: string, longest = 80): string {
  const clean = text.replace(ESCAPE_SEQUENCES, '').replace(BREAKS, ' ').replace(INVISIBLE, '');
  if (clean.length <= longest) return clean;
  if (longest < 1) return '';
  return `${clean.slice(0, longest - 1).replace(INVISIBLE, '')}…`;
}

const ESC = '\u001b';
const BELL = '\u0007';
/** The string terminator, in its C1 form. */
const ST = '\u009c';
/**
 * ECMA-48: control strings (OSC, DCS, SOS, PM, APC) with their text up to the terminator, control sequences
 * (CSI) with their parameters, and the other escapes, each also in its C1 form. No repeated class holds what can begin
 * another sequence, so that the time is linear in the text even where no terminator follows.
 */
const ESCAPE_SEQUENCES = new RegExp(
  [
    `(?:${ESC}[\\]PX^_]|[\u0090\u0098\u009d-\u009f])[^${ESC}${BELL}\u0080-\u009f]*(?:${BELL}|${ST}|${ESC}\\\\)`,
    `(?:${ESC}\\[|\u009b)[0-?]*[ -/]*[@-~]?`,
    `${ESC}[ -/]*[0-~]?`,
  ].join('|'),
  'gu',
);
const BREAKS = /[\t\n\v\f\r\u0085\p{Zl}\p{Zp}]+/gu;
/** Cs under the flag u: a surrogate without its partner, as a cut between the two leaves it. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
