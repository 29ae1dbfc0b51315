import { cleanText } from '../../data/clean-text.ts';
import { LONGEST_TEXT, type SpeedRecord } from './record.ts';

/** What `navigator` says of the browser and the machine. */
export interface NavigatorFacts {
  readonly userAgent: string;
  readonly hardwareConcurrency?: number;
  /** Chromium alone has it. */
  readonly userAgentData?: {
    readonly brands: readonly { readonly brand: string; readonly version: string }[];
    readonly platform: string;
  };
}

/** By the words of the user agent, the first that is there: those further down call themselves by the names above, too. */
const BROWSERS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Edge', /\bEdg(?:A|iOS)?\/([\d.]+)/],
  ['Opera', /\bOPR\/([\d.]+)/],
  ['Samsung Internet', /\bSamsungBrowser\/([\d.]+)/],
  ['Firefox', /\b(?:Firefox|FxiOS)\/([\d.]+)/],
  ['Chrome', /\b(?:Chrome|CriOS|HeadlessChrome)\/([\d.]+)/],
  ['Safari', /\bVersion\/([\d.]+).*\bSafari\//],
];
const SYSTEMS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Android', /\bAndroid\b/],
  ['iOS', /\b(?:iPhone|iPad|iPod)\b/],
  ['Windows', /\bWindows\b/],
  ['ChromeOS', /\bCrOS\b/],
  ['macOS', /\bMacintosh\b/],
  ['Linux', /\bLinux\b/],
];
const UNKNOWN = 'not named by the browser';

/** Browser with its version, operating system and cores, as far as the browser says. */
export function machineFacts({
  userAgent,
  hardwareConcurrency,
  userAgentData,
}: NavigatorFacts): SpeedRecord['machine'] {
  // Brands hold invented ones, and Chromium beside the browser's own name.
  const brands = (userAgentData?.brands ?? []).filter(({ brand }) => !/not.*brand/i.test(brand));
  const own = brands.find(({ brand }) => brand !== 'Chromium') ?? brands.at(0);
  const browser = own ? `${own.brand} ${own.version}` : named(BROWSERS, userAgent);
  const system = userAgentData?.platform ? userAgentData.platform : named(SYSTEMS, userAgent);
  const cores = Math.floor(hardwareConcurrency ?? 0);
  return {
    browser: cleanText(browser, LONGEST_TEXT) || UNKNOWN,
    system: cleanText(system, LONGEST_TEXT) || UNKNOWN,
    cores: cores >= 1 && cores <= 4096 ? cores : null,
  };
}

function named(patterns: typeof BROWSERS, userAgent: string): string {
  for (const [name, pattern] of patterns) {
    const found = pattern.exec(userAgent);
    if (found) return [name, (found as readonly (string | undefined)[])[1]].filter(Boolean).join(' ');
  }
  return '';
}
