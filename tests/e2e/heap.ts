import type { Page } from '@playwright/test';

/** Collections before a reading: what finalizers free goes with a later one. */
const COLLECTIONS = 4;

/** The JavaScript heaps of a page and of its worker. */
export interface Heaps {
  /** Bytes in use after a collection: the smallest of a few readings. */
  used(): Promise<{ readonly page: number; readonly worker: number }>;
}

type Send = (method: string) => Promise<unknown>;

/** Opens the heaps of a page whose only dedicated worker runs. */
export async function openHeaps(page: Page): Promise<Heaps> {
  const session = await page.context().newCDPSession(page);
  const worker = await new Promise<Send>((resolve, reject) => {
    const answers = new Map<number, (result: unknown) => void>();
    let last = 0;
    session.on('Target.receivedMessageFromTarget', ({ message }) => {
      const { id, result } = JSON.parse(message) as { id: number; result: unknown };
      answers.get(id)?.(result);
      answers.delete(id);
    });
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
      if (targetInfo.type !== 'worker') return;
      resolve(async (method) => {
        const id = ++last;
        const answer = new Promise<unknown>((take) => answers.set(id, take));
        await session.send('Target.sendMessageToTarget', {
          sessionId,
          message: JSON.stringify({ id, method }),
        });
        return await answer;
      });
    });
    // A worker is reached by messages of the page's own session: the test runner routes no session of its own to it.
    session
      .send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
      .catch(reject);
  });
  const own = ((method: 'HeapProfiler.collectGarbage' | 'Runtime.getHeapUsage') =>
    session.send(method)) as Send;
  return { used: async () => ({ page: await usedBy(own), worker: await usedBy(worker) }) };
}

async function usedBy(send: Send): Promise<number> {
  let least = Infinity;
  for (let reading = 0; reading < COLLECTIONS; reading++) {
    await send('HeapProfiler.collectGarbage');
    const { usedSize } = (await send('Runtime.getHeapUsage')) as { usedSize: number };
    least = Math.min(least, usedSize);
  }
  return least;
}
