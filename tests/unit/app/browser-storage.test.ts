import { expect, it } from 'vitest';
import { type WeekLimit, weekLimit } from '../../../src/app/backup/browser-storage.ts';

const MAC = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const WEBKIT = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
const PHONE = `Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) ${WEBKIT}`;

it.each<[string, string, number, WeekLimit]>([
  ['Safari on an iPhone', `${PHONE} Version/19.0 Mobile/15E148 Safari/604.1`, 5, 'ios'],
  ['Chrome on an iPhone, which is WebKit too', `${PHONE} CriOS/140.0 Mobile/15E148 Safari/604.1`, 5, 'ios'],
  ['Safari on an iPad, which calls itself a Mac', `${MAC} ${WEBKIT} Version/19.0 Safari/605.1.15`, 5, 'ios'],
  ['Safari on a Mac', `${MAC} ${WEBKIT} Version/19.0 Safari/605.1.15`, 0, 'mac'],
  ['Chrome on a Mac', `${MAC} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36`, 0, null],
  ['Firefox on a Mac', `${MAC.replace(')', '; rv:150.0)')} Gecko/20100101 Firefox/150.0`, 0, null],
  [
    'Chrome on Android',
    'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36',
    5,
    null,
  ],
])('%s: storage after a week without a visit', (_, userAgent, maxTouchPoints, limit) => {
  expect(weekLimit({ userAgent, maxTouchPoints, installed: false })).toBe(limit);
  expect(weekLimit({ userAgent, maxTouchPoints, installed: true })).toBeNull();
});
