import type { Browser } from 'playwright';

/** Seconds of processor time that the browser's renderers and its GPU process have used so far. */
export type ReadProcessorTime = () => Promise<number>;

export async function processorTimeOf(browser: Browser): Promise<ReadProcessorTime> {
  const session = await browser.newBrowserCDPSession();
  return async () => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    return processInfo
      .filter(({ type }) => /^(renderer|GPU)$/i.test(type))
      .reduce((sum, { cpuTime }) => sum + cpuTime, 0);
  };
}
