/**
 * Lets other tasks of this thread run: messages, timers. A MessageChannel is used because timers are
 * clamped to 4 ms in browsers, which would halve the speed of short steps.
 */
export function createYield(): () => Promise<void> {
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      channel.port2.postMessage(null);
    });
}
