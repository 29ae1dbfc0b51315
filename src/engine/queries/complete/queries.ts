import { type KnownPixels, knownPixelsOf, unknownPixels } from '../../../data/known-pixels.ts';
import { AllCompletions } from '../../../data/all-completions.ts';
import { MAX_ENUMERATED_PIXELS } from '../../../data/enumerate.ts';
import { wordsPerImage } from '../../../data/images.ts';
import { indexRange } from '../../../data/rng.ts';
import { fail, ok, type Result } from '../../../data/result.ts';
import { logSumExp } from '../../../models/shared/math.ts';
import { isClassConditional } from '../../../models/registry.ts';
import type {
  Completion,
  CompleteApi,
  CompletionFrame,
  CompletionMethod,
  CompletionMethodInfo,
  CompletionRequest,
} from '../api.ts';
import { exactMethod } from './exact.ts';
import { drawForward } from './forward.ts';
import { drawGibbs } from './gibbs.ts';
import { drawImportance } from './importance.ts';
import { forwardIsExact, latentDrawnFirst } from '../known-pixels.ts';
import { scoreCompletions } from './enumeration.ts';
import { Work } from './work.ts';
import type { LoadedModel, LoadedModels } from '../loaded-models.ts';

/** Samples that a query may hold at a time: 256 MiB of packed images. */
const MAX_WORDS = 2 ** 26;

/** A loaded density and known pixels on its grid, hidden pixels being 0. */
interface CompletionTarget {
  readonly loaded: LoadedModel;
  readonly given: KnownPixels;
}

/** Completions of an image: draws from p(unknown | known). */
export class CompleteQueries implements CompleteApi {
  constructor(readonly models: LoadedModels) {}

  methods(name: string, knownPixels: KnownPixels): Promise<Result<readonly CompletionMethodInfo[]>> {
    const found = this.#density(name, knownPixels);
    if (!found.ok) return Promise.resolve(found);
    const { loaded, given } = found.value;
    return Promise.resolve(
      ok([this.#exactInfo(loaded, given), forwardInfo(loaded, given), importanceInfo(loaded), GIBBS_INFO]),
    );
  }

  async complete(
    name: string,
    request: CompletionRequest,
    onFrame: (frame: CompletionFrame) => void,
    signal?: AbortSignal,
  ): Promise<Result<Completion>> {
    const found = this.#target(name, request);
    if (!found.ok) return found;
    const { loaded, given } = found.value;
    return await this.#draw(new Work(this.models, loaded, signal, onFrame), given, request);
  }

  async distance(name: string, request: CompletionRequest, signal?: AbortSignal): Promise<Result<number>> {
    const found = this.#target(name, request);
    if (!found.ok) return found;
    const { loaded, given } = found.value;
    const unknown = unknownPixels(given).length;
    if (unknown > MAX_ENUMERATED_PIXELS)
      return fail(
        `known: ${unknown} pixels are unknown, and their images cannot be listed: at most ${MAX_ENUMERATED_PIXELS}`,
      );
    const work = new Work(this.models, loaded, signal, () => undefined);
    const drawn = await this.#draw(work, given, request);
    if (!drawn.ok) return drawn;
    const completions = new AllCompletions(given);
    const logs = await scoreCompletions(work, completions, () => undefined);
    const total = logSumExp(logs);
    const difference = logs.map((nats) => -Math.exp(nats - total));
    for (const index of completions.indicesOf(drawn.value.images)) difference[index] += 1 / request.count;
    return ok(difference.reduce((sum, each) => sum + Math.abs(each), 0) / 2);
  }

  async #draw(work: Work, knownPixels: KnownPixels, request: CompletionRequest): Promise<Result<Completion>> {
    const { method, seed, count } = request;
    const { loaded } = work;
    const unsure = { exact: false, effectiveSamples: null, logMarginal: null };
    switch (method) {
      case 'exact': {
        const found = exactMethod(loaded, () => work.cpuModels(), knownPixels);
        if (!found.ok) return found;
        return ok({ ...unsure, ...(await found.value.draw(work, { seed, count })), exact: true });
      }
      case 'forward': {
        const images = await drawForward(
          work,
          knownPixels,
          { seed, indices: indexRange(0, count) },
          (part, done) => work.show(part, knownPixels, done),
        );
        return ok({ ...unsure, images, exact: forwardIsExact(loaded.model, knownPixels) });
      }
      case 'importance':
        if (latentDrawnFirst(loaded.model) !== null) return fail(importanceInfo(loaded).why);
        return ok({ ...unsure, ...(await drawImportance(work, knownPixels, request)) });
      case 'gibbs':
        return ok({ ...unsure, images: await drawGibbs(work, knownPixels, request) });
    }
  }

  #exactInfo(loaded: LoadedModel, knownPixels: KnownPixels): CompletionMethodInfo {
    const found = exactMethod(loaded, () => this.models.cpuModels(loaded), knownPixels);
    return found.ok
      ? { method: 'exact', available: true, exact: true, why: found.value.why }
      : { method: 'exact', available: false, exact: false, why: found.reason };
  }

  #density(name: string, { image, known }: KnownPixels): Result<CompletionTarget> {
    const found = this.models.findFor(name, image);
    if (!found.ok) return found;
    const loaded = found.value;
    if (!loaded.density) return fail(`model: "${name}" is a classifier: it has no p(x)`);
    const mask = this.models.findFor(name, known);
    if (!mask.ok) return fail(mask.reason.replace(/^image/, 'known'));
    if (image.count !== 1 || known.count !== 1)
      return fail('image, known: one image and one mask are needed');
    return ok({ loaded, given: knownPixelsOf(image, known) });
  }

  #target(name: string, request: CompletionRequest): Result<CompletionTarget> {
    const found = this.#density(name, request.knownPixels);
    if (!found.ok) return found;
    const { count, method, sweeps, proposals } = request;
    const rules: readonly (readonly [string, number, CompletionMethod | null])[] = [
      ['count', count, null],
      ['sweeps', sweeps, 'gibbs'],
      ['proposals', proposals, 'importance'],
    ];
    for (const [field, value, only] of rules)
      if ((only ?? method) === method && !(Number.isInteger(value) && value >= 1))
        return fail(`${field}: ${value} is not a whole number above 0`);
    const samples = method === 'importance' ? count * proposals : count;
    const max = Math.floor(MAX_WORDS / wordsPerImage(found.value.loaded.model.grid));
    return samples > max ? fail(`count: ${samples} images are more than ${max}`) : found;
  }
}

const GIBBS_INFO: CompletionMethodInfo = {
  method: 'gibbs',
  available: true,
  exact: false,
  why: 'Every unknown pixel is redrawn in turn given all others; the images come closer to the right ones sweep by sweep.',
};

function forwardInfo({ model }: LoadedModel, knownPixels: KnownPixels): CompletionMethodInfo {
  const exact = forwardIsExact(model, knownPixels);
  const latent = isClassConditional(model) ? 'its class' : latentDrawnFirst(model);
  const ignored = latent === null ? '' : `, and ${latent} is drawn without a look at them`;
  return {
    method: 'forward',
    available: true,
    exact,
    why: exact
      ? 'The known pixels are set and the model samples on: no known pixel comes after an unknown one.'
      : `The known pixels are set and the model samples on: a pixel knows nothing of those that come after it${ignored}.`,
  };
}

function importanceInfo({ model }: LoadedModel): CompletionMethodInfo {
  const latent = latentDrawnFirst(model);
  return {
    method: 'importance',
    available: latent === null,
    exact: false,
    why:
      latent === null
        ? 'Many are drawn pixel by pixel, and kept in proportion to how well they explain the known pixels.'
        : `Samples cannot be weighed by their pixels alone: ${latent} is drawn before the first.`,
  };
}
