/** What of the browser counts for how long it keeps the storage of a site. */
export interface BrowserFacts {
  readonly userAgent: string;
  /** Points that touch the screen at once: an iPad calls itself a Mac, but has five. */
  readonly maxTouchPoints: number;
  /** Whether the page runs as an installed app, or from the home screen. */
  readonly installed: boolean;
}

/** Where the storage of a site is deleted that has not been visited for seven days of use. */
export type WeekLimit =
  /** iOS and iPadOS: an app on the home screen is spared. */
  | 'ios'
  /** Safari on a Mac: an app in the Dock is spared. */
  | 'mac'
  | null;

/**
 * WebKit deletes what scripts stored after seven days of use without a visit ("Full Third-Party Cookie Blocking and More", webkit.org,
 * 2020), and every browser of iOS is built on it. Null for other browsers and for installed apps.
 */
export function weekLimit({ userAgent, maxTouchPoints, installed }: BrowserFacts): WeekLimit {
  if (installed) return null;
  if (/\b(iPhone|iPad|iPod)\b/.test(userAgent)) return 'ios';
  if (!/\bMacintosh\b/.test(userAgent)) return null;
  if (maxTouchPoints > 1 && /\bAppleWebKit\b/.test(userAgent) && !/\bChrome\//.test(userAgent)) return 'ios';
  return /\bSafari\//.test(userAgent) && !/\b(Chrome|Chromium|Edg|Firefox)\//.test(userAgent) ? 'mac' : null;
}

/** Of the browser that shows the page. */
export function browserFacts(): BrowserFacts {
  const { userAgent, maxTouchPoints } = navigator;
  return { userAgent, maxTouchPoints, installed: isInstalled() };
}

function isInstalled(): boolean {
  // The home screen of older iOS says it in this way only.
  if ('standalone' in navigator && navigator.standalone === true) return true;
  return matchMedia('(display-mode: standalone), (display-mode: fullscreen)').matches;
}
