import type { BenchMessage, BenchReport, Contender } from './report.ts';

/** Called by run.mjs from outside the page. */
async function runBench(contenders: Contender[], onStatus: (text: string) => void): Promise<BenchReport> {
  const response = await fetch('./data/starter-images.bin');
  if (!response.ok) throw new Error(`starter digits: HTTP ${response.status}`);
  const idx = new Uint8Array(await response.arrayBuffer());
  const worker = new Worker(new URL('./measure.ts', import.meta.url), { type: 'module' });
  try {
    return await new Promise((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message || 'the worker could not be started'));
      worker.onmessage = ({ data }: MessageEvent<BenchMessage>) => {
        if (data.type === 'status') onStatus(data.text);
        else if (data.type === 'report') resolve(data.report);
        else reject(new Error(data.reason));
      };
      worker.postMessage({ idx, contenders });
    });
  } finally {
    worker.terminate();
  }
}

Object.assign(globalThis, { runBench });
