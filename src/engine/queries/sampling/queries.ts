import { fail, ok } from '../../../data/result.ts';
import type { SampleRequest } from '../../../models/sampling.ts';
import type { MethodFrame, SamplingApi } from '../api.ts';
import type { SampleMethod } from '../../backends/backend.ts';
import type { IterativeSampler } from '../../backends/backend.ts';
import type { LoadedModels } from '../loaded-models.ts';
import { agreementOf } from './agreement.ts';
import { methodsOf } from '../../backends/sampling/methods.ts';
import { Samplings } from '../samplings.ts';

interface MethodRequest {
  readonly method: SampleMethod;
  readonly request: SampleRequest;
}

/** Images drawn by several sampling methods, each a method run under its own name. */
export class SamplingQueries implements SamplingApi {
  readonly #runs: Samplings<IterativeSampler, MethodRequest, MethodFrame>;

  constructor(readonly models: LoadedModels) {
    this.#runs = new Samplings(models, {
      open: (evaluator, { method, request }) => evaluator.iterativeSampler(method, request),
      progressOf: (sampler) => sampler.iterations,
      frameOf,
      notOpen: (name) => `sampling: "${name}" has not started`,
      modelGone: (model) => `sampling: the model "${model}" is not loaded any more; start again`,
    });
  }

  names(): string[] {
    return this.#runs.names();
  }

  methods(name: string): ReturnType<SamplingApi['methods']> {
    const found = this.models.find(name);
    return Promise.resolve(found.ok ? ok(methodsOf(found.value.model)) : found);
  }

  async start(
    run: string,
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
    if (request.indices.length === 0) return fail('indices: none');
    if (request.given) return fail('given: the methods are compared on whole images');
    return await this.#runs.open(run, { name, loaded }, { method, request });
  }

  async advance(name: string, iterations: number): ReturnType<SamplingApi['advance']> {
    return await this.#runs.advance(name, iterations);
  }

  async compare(name: string, other: string): ReturnType<SamplingApi['compare']> {
    const one = this.#runs.find(name);
    if (!one.ok) return one;
    const [frame, otherFrame] = [await this.#runs.advance(name, 0), await this.#runs.advance(other, 0)];
    if (!frame.ok) return frame;
    if (!otherFrame.ok) return otherFrame;
    const { loaded, request } = one.value;
    const cpuModels = this.models.cpuModels(loaded);
    return ok(
      agreementOf(loaded.model, cpuModels, request.request, frame.value.images, otherFrame.value.images),
    );
  }

  end(name: string): Promise<void> {
    return this.#runs.close(name);
  }
}

async function frameOf(sampler: IterativeSampler): Promise<MethodFrame> {
  return {
    images: await sampler.images(),
    iterations: sampler.iterations,
    finished: sampler.finished.slice(),
    seconds: sampler.seconds,
  };
}
