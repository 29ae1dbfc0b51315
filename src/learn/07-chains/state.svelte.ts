import type { ChapterTools } from '../../app/learn/chapter-tools.ts';
import { MAX_SEED } from '../state/params.ts';
import { Dial } from './dial.svelte.ts';
import { Net } from './net.svelte.ts';
import type { ChainValues } from './params.ts';
import { Paths } from './paths.svelte.ts';
import { StarterDigits } from '../figures/starter-digits.svelte.ts';
import { Believing } from './tree.svelte.ts';

/** The state of the chapter's four figures. */
export class Chains {
  readonly values: ChainValues;
  readonly digits: StarterDigits;
  readonly net: Net;
  readonly paths: Paths;
  readonly dial: Dial;
  readonly tree: Believing;

  constructor(values: ChainValues, tools: ChapterTools) {
    this.values = values;
    this.digits = new StarterDigits(tools);
    this.net = new Net(values, this.digits);
    this.paths = new Paths(values, this.net);
    this.dial = new Dial(values, this.digits);
    this.tree = new Believing(values, this.digits);
  }

  drawAgain(): void {
    this.values.seed = (this.values.seed + 1) % (MAX_SEED + 1);
  }
}
