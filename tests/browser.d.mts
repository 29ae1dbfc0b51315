export interface Browser {
  readonly path: string;
  readonly source: 'INKLING_CHROMIUM' | 'Playwright' | 'system';
  readonly channel?: 'chromium';
}

export interface LaunchOptions {
  executablePath?: string;
  channel?: 'chromium';
  args: string[];
}

export const flags: readonly string[];
export function findBrowser(): Browser | null;
export function launchOptions(): LaunchOptions;
export function ensureBrowser(): Promise<Browser>;
