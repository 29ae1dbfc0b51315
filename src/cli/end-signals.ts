import process from 'node:process';

/** Ctrl-C, timeout(1) or a scheduler, a terminal that is closed. */
const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Emitter = Pick<NodeJS.EventEmitter, 'on' | 'off'>;

/**
 * Calls `end` at the first signal that asks this process to end. The listener is then removed, so that a second signal ends
 * the process at once. The returned function removes it too.
 */
export function onEndSignal(end: () => void, emitter: Emitter = process): () => void {
  const release = () => END_SIGNALS.forEach((signal) => emitter.off(signal, first));
  const first = () => {
    release();
    end();
  };
  for (const signal of END_SIGNALS) emitter.on(signal, first);
  return release;
}
