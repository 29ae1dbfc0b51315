import { fail, ok } from '../../../data/result.ts';
import type { SampleRequest } from '../../../models/types.ts';
import type { SamplingApi, RaceFrame } from '../api.ts';
import type { SampleMethod } from '../../backends/backend.ts';
import type { Passes } from '../../backends/backend.ts';
import type { LoadedModels } from '../loaded-models.ts';
import { agreementOf } from './agreement.ts';
import { methodsOf } from '../../backends/sampling/methods.ts';
import { Samplings } from '../samplings.ts';

interface RunnerRequest {
  readonly method: SampleMethod;
  readonly request: SampleRequest;
}

/** Images drawn in several ways, each way a runner under a name of its own. */
export class SamplingQueries implements SamplingApi {
  readonly #runners: Samplings<Passes, RunnerRequest, RaceFrame>;

  constructor(readonly models: LoadedModels) {
    this.#runners = new Samplings(models, {
      open: (evaluator, { method, request }) => evaluator.passes(method, request),
      progressOf: (passes) => passes.passes,
      frameOf,
      notOpen: (name) => `race: "${name}" has not started`,
      modelGone: (model) => `race: the model "${model}" has gone; start again`,
    });
  }

  methods(name: string): ReturnType<SamplingApi['methods']> {
    const found = this.models.find(name);
    return Promise.resolve(found.ok ? ok(methodsOf(found.value.model)) : found);
  }

  async start(
    runner: string,
    name: string,
    method: SampleMethod,
    request: SampleRequest,
  ): ReturnType<SamplingApi['start']> {
    const found = this.models.find(name);
    if (!found.ok) return found;
    const loaded = found.value;
    const reason = methodsOf(loaded.model)[method];
    if (reason !== null) return fail(reason);
    if (!(request.temperature > 0)) return fail(`temperature: ${request.temperature} is not above 0`);
    if (request.indices.length === 0) return fail('indices: no image is asked for');
    if (request.given) return fail('given: a race draws whole images');
    return await this.#runners.open(runner, { name, loaded }, { method, request });
  }

  async advance(name: string, passes: number): ReturnType<SamplingApi['advance']> {
    return await this.#runners.advance(name, passes);
  }

  async compare(name: string, other: string): ReturnType<SamplingApi['compare']> {
    const one = this.#runners.find(name);
    if (!one.ok) return one;
    const [frame, otherFrame] = [await this.#runners.advance(name, 0), await this.#runners.advance(other, 0)];
    if (!frame.ok) return frame;
    if (!otherFrame.ok) return otherFrame;
    const { loaded, request } = one.value;
    const inside = this.models.inside(loaded);
    return ok(
      agreementOf(loaded.model, inside, request.request, frame.value.images, otherFrame.value.images),
    );
  }

  end(name: string): Promise<void> {
    return this.#runners.close(name);
  }
}

async function frameOf(passes: Passes): Promise<RaceFrame> {
  return {
    images: await passes.images(),
    passes: passes.passes,
    finished: passes.finished.slice(),
    seconds: passes.seconds,
  };
}
