import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('the icon in the page is that of icons/icon.svg', () => {
  const page = readFileSync('index.html', 'utf8');
  const encoded = /href="data:image\/svg\+xml,([^"]*)"/.exec(page)?.[1] ?? '';
  const file = readFileSync('public/icons/icon.svg', 'utf8').trim().replaceAll(/>\s+</g, '><');
  expect(decodeURIComponent(encoded)).toBe(file.replaceAll('"', "'"));
});
