import { main } from '../../../src/cli/main.ts';
import type { Ended } from './spawn.ts';

/** One command line without a process of its own, which takes half a second to start. Names of files are those of this process. */
export async function cliInProcess(args: readonly string[]): Promise<Ended> {
  const text = { 1: '', 2: '' };
  const write = (descriptor: 1 | 2, bytes: Uint8Array) => {
    text[descriptor] += new TextDecoder().decode(bytes);
  };
  const code = await main(args, { write });
  return { code, stdout: text[1], stderr: text[2] };
}
