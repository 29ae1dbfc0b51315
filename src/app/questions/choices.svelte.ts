import { CLASSES } from '../../data/images.ts';
import type { CompletionMethod } from '../../engine/queries/api.ts';
import type { LinkReader } from '../link-reader.ts';

export const SWEEPS = [5, 20, 100] as const;
export const PROPOSALS = [10, 100] as const;
export const IMAGE_COUNTS = [1, 16, 64] as const;
const METHODS: readonly CompletionMethod[] = ['exact', 'forward', 'importance', 'gibbs'];
const TURNS = ['clock', 'iterations'] as const;
const SEED = { min: 0, max: 0xffffffff } as const;
const CLASS_NAMES = Array.from({ length: CLASSES }, (_, y) => String(y));

/** Which method advances next: the one that has computed for the shortest time, or all of them by one iteration. */
export type Turns = (typeof TURNS)[number];

/** What a visitor chose of how hidden pixels are completed, for both models. */
class CompleteChoices {
  /** Null for the best available. */
  method = $state<CompletionMethod | null>(null);
  seed = $state(1);
  sweeps = $state<number>(SWEEPS[1]);
  proposals = $state<number>(PROPOSALS[0]);
}

class ClassifyChoices {
  /** Whether pixels under the mask are hidden from both. */
  hiding = $state(false);
  /** The class that the most probable one is compared with; null for the runner-up. */
  rival = $state<number | null>(null);
}

class SamplingChoices {
  size = $state<number>(IMAGE_COUNTS[1]);
  seed = $state(1);
  turns = $state<Turns>('clock');
}

/** What the controls of the questions choose, for both models; links carry it. */
export class QuestionChoices {
  complete = new CompleteChoices();
  classify = new ClassifyChoices();
  sampling = new SamplingChoices();

  /** The parameters of a link; none for what every visit begins with. */
  write(query: URLSearchParams): void {
    const { complete, classify, sampling } = this;
    const set = (name: string, value: string | number | null, usual: string | number | null) => {
      if (value !== null && value !== usual) query.set(name, String(value));
    };
    set('complete-method', complete.method, null);
    set('complete-seed', complete.seed, 1);
    set('complete-sweeps', complete.sweeps, SWEEPS[1]);
    set('complete-proposals', complete.proposals, PROPOSALS[0]);
    set('classify-hide', classify.hiding ? 1 : 0, 0);
    set('classify-rival', classify.rival, null);
    set('sampling-images', sampling.size, IMAGE_COUNTS[1]);
    set('sampling-seed', sampling.seed, 1);
    set('sampling-turns', sampling.turns, TURNS[0]);
  }

  /** Takes what a link says; what it does not say is as at the beginning of a visit. */
  read(link: LinkReader): void {
    const { complete, classify, sampling } = this;
    complete.method = link.option<CompletionMethod | ''>('complete-method', METHODS, '') || null;
    complete.seed = link.whole('complete-seed', SEED, 1);
    complete.sweeps = link.option('complete-sweeps', SWEEPS, SWEEPS[1]);
    complete.proposals = link.option('complete-proposals', PROPOSALS, PROPOSALS[0]);
    classify.hiding = link.option('classify-hide', ['0', '1'], '0') === '1';
    const rival = link.option('classify-rival', CLASS_NAMES, '');
    classify.rival = rival === '' ? null : Number(rival);
    sampling.size = link.option('sampling-images', IMAGE_COUNTS, IMAGE_COUNTS[1]);
    sampling.seed = link.whole('sampling-seed', SEED, 1);
    sampling.turns = link.option('sampling-turns', TURNS, TURNS[0]);
  }
}
