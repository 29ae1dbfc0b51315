import { vi } from 'vitest';
import { parseExperiment } from '../../../src/app/experiment.ts';
import type { Choice } from '../../../src/app/compare/choice.ts';
import { QUESTIONS } from '../../../src/app/questions/list.ts';
import { type Room, Router } from '../../../src/app/router.svelte.ts';
import { formatBinarisation } from '../../../src/data/binarise.ts';
import { families } from '../../../src/models/registry.ts';

/**
 * What a link shows, in words that stay where code is renamed: the fixture never changes, and a renamed field or value is
 * translated here.
 */
export interface Meaning {
  readonly room: Room;
  /** Of the Lab; null in the Play room. */
  readonly page: 'data' | 'leaderboard' | 'exactness' | 'speed' | null;
  /** "4x4". */
  readonly grid: string;
  /** "model ID", or a family with its hyper-parameters: "chain direction=1 strength=1 class-conditional=0". */
  readonly left: string;
  readonly right: string;
  /** The title of the panel that is open. */
  readonly question: string;
  readonly seed: number;
  readonly temperature: number;
  readonly binarisation: string;
}

/** What the page shows at this address: "#/play?seed=3". Stubs the address; `vi.unstubAllGlobals` takes that back. */
export function meaningOf(hash: string): Meaning {
  vi.stubGlobal('location', { hash });
  vi.stubGlobal('addEventListener', () => undefined);
  const { room, labPage, query } = new Router();
  const experiment = parseExperiment(query, families);
  return {
    room,
    page: room === 'lab' ? labPage : null,
    grid: `${experiment.grid.width}x${experiment.grid.height}`,
    left: modelOf(experiment.left),
    right: modelOf(experiment.right),
    question: QUESTIONS.find((each) => each.id === experiment.ask)?.title ?? '',
    seed: experiment.seed,
    temperature: experiment.temperature,
    binarisation: formatBinarisation(experiment.binarisation),
  };
}

function modelOf(choice: Choice): string {
  if (choice.kind === 'trained') return `model ${choice.id}`;
  if (choice.kind === 'recipe') return `recipe ${choice.recipe.family}`;
  if (choice.kind === 'shipped') return `shipped ${choice.name}`;
  const hyper = Object.entries(choice.hyper).map(([name, value]) => `${name}=${value}`);
  return [choice.family, ...hyper].join(' ');
}
