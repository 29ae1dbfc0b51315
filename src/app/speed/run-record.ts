import { cleanText } from '../../data/clean-text.ts';
import type { GreyImages } from '../../data/images.ts';
import { fail, ok, type Result } from '../../data/result.ts';
import type { SpeedEvent, SpeedResult } from '../../engine/queries/api.ts';
import type { FamilySpec } from '../../models/family-spec.ts';
import { completeHyper, valueName } from '../../models/registry.ts';
import type { Hyper } from '../../models/model.ts';
import { inOrder } from '../choices.ts';
import { eachRate, LONGEST_TEXT, type SpeedBackend, type SpeedRecord, type SpeedRow } from './record.ts';

/** The reason of what has not been measured yet. */
export const NOT_YET = 'not measured yet';

/** What is measured of every family: its default size. */
export function measuredModels(
  families: readonly FamilySpec[],
): readonly { readonly family: string; readonly hyper: Hyper }[] {
  return families.map((spec) => ({ family: spec.id, hyper: completeHyper(spec) }));
}

/** A record before its first measurement. */
export function blankRecord(
  families: readonly FamilySpec[],
  about: Pick<SpeedRecord, 'measuredAt' | 'seconds' | 'machine'>,
  { grid, count }: GreyImages,
): SpeedRecord {
  const backend: SpeedBackend = { found: fail(NOT_YET), product: fail(NOT_YET), together: 1 };
  return {
    ...about,
    stopped: false,
    digits: { ...grid, images: count },
    backends: { cpu: backend, webgpu: backend },
    rows: inOrder(families).map((spec): SpeedRow => {
      const hyper = completeHyper(spec);
      return {
        family: spec.id,
        label: spec.label,
        parameters: spec.parameterCount(grid, hyper),
        size: sizeWords(spec, hyper),
        training: spec.training,
        rates: eachRate(() => fail(NOT_YET)),
      };
    }),
  };
}

/** "hidden units 500, orders 4" */
function sizeWords(spec: FamilySpec, hyper: Hyper): string {
  const sizes = spec.hyperparameters.filter(({ role }) => role === 'size' || role === 'ensemble');
  return sizes.map((p) => `${p.label.toLowerCase()} ${valueName(p, hyper[p.name])}`).join(', ');
}

/** The record with what the engine has measured. */
export function withEvent(record: SpeedRecord, event: SpeedEvent): SpeedRecord {
  if (event.type === 'begun') return record;
  const { backend } = event;
  if (event.type === 'rate') {
    const { family, work } = event;
    const result = cleaned(event.result);
    return {
      ...record,
      rows: record.rows.map((row) =>
        row.family === family
          ? { ...row, rates: { ...row.rates, [work]: { ...row.rates[work], [backend]: result } } }
          : row,
      ),
    };
  }
  const before = record.backends[backend];
  const after: SpeedBackend =
    event.type === 'product'
      ? { ...before, product: cleaned(event.result), together: event.together }
      : { ...before, found: cleanedFound(event.found) };
  return { ...record, backends: { ...record.backends, [backend]: after } };
}

/** The record of a run that ended early: the reason of all that was not measured until then. */
export function stoppedRecord(record: SpeedRecord, reason: string): SpeedRecord {
  const clean = cleanText(reason, LONGEST_TEXT) || 'stopped';
  const ended = <T>(result: Result<T>): Result<T> =>
    !result.ok && result.reason === NOT_YET ? fail(clean) : result;
  const backendOf = ({ found, product, together }: SpeedBackend): SpeedBackend => ({
    found: ended(found),
    product: ended(product),
    together,
  });
  return {
    ...record,
    stopped: true,
    backends: { cpu: backendOf(record.backends.cpu), webgpu: backendOf(record.backends.webgpu) },
    rows: record.rows.map((row) => ({
      ...row,
      rates: eachRate((work, backend) => ended(row.rates[work][backend])),
    })),
  };
}

function cleaned(result: SpeedResult): SpeedResult {
  return result.ok ? result : fail(cleanText(result.reason, LONGEST_TEXT) || 'failed');
}

function cleanedFound(found: SpeedBackend['found']): SpeedBackend['found'] {
  if (!found.ok) return fail(cleanText(found.reason, LONGEST_TEXT) || 'failed');
  const { description, software } = found.value;
  return ok({ description: cleanText(description, LONGEST_TEXT) || 'without a name', software });
}
