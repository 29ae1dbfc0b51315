import { main } from '../../../src/cli/main.ts';
import type { Ended } from './spawn.ts';

/** Runs a command line in this process, which saves half a second. Paths are relative to the working directory of the tests. */
export async function cliInProcess(args: readonly string[]): Promise<Ended> {
  const text = { 1: '', 2: '' };
  const write = (descriptor: 1 | 2, bytes: Uint8Array) => {
    text[descriptor] += new TextDecoder().decode(bytes);
  };
  const code = await main(args, { write });
  return { code, stdout: text[1], stderr: text[2] };
}
