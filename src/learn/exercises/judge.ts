import { readCount, readNumber } from './arithmetic.ts';
import { words } from '../words.ts';
import type { Instance, Verdict } from './exercise.ts';

/** What is thought of the answer `typed`, or of the choice of that name. A misconception counts where its value is met as exactly as an answer's. */
export function judge({ answer, wrong = {} }: Instance, typed: string): Verdict {
  if (answer.kind === 'choice') {
    if (typed === '') return { kind: 'unreadable', reason: words.unreadable.choose };
    return typed === answer.value ? { kind: 'right' } : { kind: 'wrong', misconception: typed };
  }
  const read = answer.kind === 'count' ? readCount(typed) : readNumber(typed);
  if (!read.ok) return { kind: 'unreadable', reason: read.reason };
  const { value } = read;
  const meets = (wanted: bigint | number): boolean =>
    answer.kind === 'count'
      ? value === BigInt(wanted)
      : Math.abs(Number(value) - Number(wanted)) <= answer.within;
  if (meets(answer.value)) return { kind: 'right' };
  const misconception = Object.keys(wrong).find((name) => meets(wrong[name]));
  return { kind: 'wrong', misconception: misconception ?? null };
}
