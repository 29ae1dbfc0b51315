import process from 'node:process';

/** Ctrl-C, timeout(1) or a scheduler, a terminal that is closed. */
const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Emitter = Pick<NodeJS.EventEmitter, 'on' | 'off'>;

/**
 * Calls `end` at the first signal that asks this process to end. A second one finds no listener, so that it ends the
 * process at once, as it does after the function that is returned was called.
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
