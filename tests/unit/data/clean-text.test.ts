import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cleanText } from '../../../src/data/clean-text.ts';

describe('cleanText', () => {
  test.each([
    ['plain text of any script', 'Zürich 数字 أرقام 😀', 'Zürich 数字 أرقام 😀'],
    ['colours and cursor movements', 'a\u001b[31mred\u001b[0m\u001b[2Jb', 'aredb'],
    ['a title for the window', 'a\u001b]0;evil\u0007b\u001b]0;evil\u001b\\c', 'abc'],
    ['a link, of which the text is kept', '\u001b]8;;http://x\u0007text\u001b]8;;\u0007', 'text'],
    ['an operating system command without an end', 'a\u001b]0;seen', 'a0;seen'],
    ['escapes in the C1 form', 'a\u009b31mb\u009d0;evil\u009cc\u0090evil\u001b\\d', 'abcd'],
    ['a reset and a change of character set', 'a\u001bcb\u001b(Bc', 'abc'],
    ['an escape at the end', 'a\u001b', 'a'],
    ['control characters', 'a\u0000b\u0008c\u007fd\u0080e', 'abcde'],
    ['line and paragraph separators', 'a\tb\r\nc\u2028d\u2029e\u0085f', 'a b c d e f'],
    ['bidirectional controls', 'a\u202egnp\u202c\u2066b\u2069\u200e\u061cc', 'agnpbc'],
    ['zero-width characters', 'a\u200bb\u200dc\ufeffd\u2060e\u3164f', 'abcdef'],
    ['tag characters', 'a\u{e0041}b', 'ab'],
    ['halves of surrogate pairs', 'a\ud83db\ude00c', 'abc'],
  ])('%s', (_, text, expected) => {
    expect(cleanText(text)).toBe(expected);
  });

  test('a text as long as allowed is whole, a longer one ends with an ellipsis', () => {
    expect(cleanText('a'.repeat(80))).toBe('a'.repeat(80));
    expect(cleanText('a'.repeat(81))).toBe(`${'a'.repeat(79)}…`);
    expect(cleanText('abcdef', 4)).toBe('abc…');
    expect(cleanText('abcdef', 1)).toBe('…');
    expect(cleanText('abcdef', 0)).toBe('');
  });

  test('the cut leaves no half of a pair', () => {
    expect(cleanText('ab😀cd', 4)).toBe('ab…');
    expect(cleanText('ab😀cd', 5)).toBe('ab😀…');
  });

  test('whatever the text: one line of bounded length, and cleaning again changes nothing', () => {
    const hostile = fc.string({
      unit: fc.constantFrom(
        '\u001b',
        '\u009b',
        '\u009d',
        '\u0007',
        '\\',
        '[',
        ']',
        '0',
        ';',
        'm',
        '\n',
        '\u202e',
        '\ud83d',
        '😀',
      ),
      maxLength: 60,
    });
    fc.assert(
      fc.property(hostile, fc.integer({ min: 0, max: 40 }), (text, longest) => {
        const clean = cleanText(text, longest);
        expect(clean.length).toBeLessThanOrEqual(longest);
        expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(cleanText(clean, longest)).toBe(clean);
      }),
    );
  });

  test('a mebibyte of unfinished escapes is cleaned in linear time', () => {
    for (const piece of ['\u001b]', '\u001b[', '\u001b[0', '\u001b(', '\u009d0']) {
      const started = performance.now();
      cleanText(piece.repeat(2 ** 20 / 4));
      expect(performance.now() - started).toBeLessThan(1000);
    }
  });
});
