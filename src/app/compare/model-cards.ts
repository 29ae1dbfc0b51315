import type { Component } from 'svelte';
import { folderOf } from '../../models/registry.ts';
import { fail, ok, type Result } from '../../data/result.ts';

/** Every card in the families' folders as a component, made by the build (src/build/cards.ts); fetched when it is opened. */
const cards = import.meta.glob<Component>('../../models/*/*.md', { import: 'default' });

/** The card of a family: idea, equation, parameters, limits, papers. */
export async function cardOf(family: string): Promise<Result<Component>> {
  const folder = `../../models/${folderOf(family)}`;
  const load = (cards[`${folder}/${family}.md`] ?? cards[`${folder}/card.md`]) as
    (() => Promise<Component>) | undefined;
  if (!load) return fail('There is no card for this family yet');
  try {
    return ok(await load());
  } catch {
    return fail('The card could not be fetched: check the connection and try again');
  }
}
