import { fail, ok } from '../../data/result.ts';
import type { SampleRequest } from '../../models/types.ts';
import type { RaceAsk, RaceFrame, SampleMethod } from '../asks.ts';
import type { Backend, Passes } from '../backend.ts';
import type { LoadedModel, LoadedModels } from '../loaded-models.ts';
import { agreementOf } from '../parallel/agreement.ts';
import { methodsOf } from '../parallel/methods.ts';

interface Runner {
  readonly name: string;
  readonly model: LoadedModel;
  readonly method: SampleMethod;
  readonly request: SampleRequest;
  backend: Backend;
  passes: Passes;
}

/** Images drawn in several ways, each way a runner under a name of its own. */
export class RaceDesk implements RaceAsk {
  readonly #runners = new Map<string, Runner>();

  constructor(readonly models: LoadedModels) {}

  methods(name: string): ReturnType<RaceAsk['methods']> {
    const found = this.models.find(name);
    return Promise.resolve(found.ok ? ok(methodsOf(found.value.model)) : found);
  }

  async start(
    runner: string,
    name: string,
    method: SampleMethod,
    request: SampleRequest,
  ): ReturnType<RaceAsk['start']> {
    const found = this.models.find(name);
    if (!found.ok) return found;
    const model = found.value;
    const reason = methodsOf(model.model)[method];
    if (reason !== null) return fail(reason);
    if (!(request.temperature > 0)) return fail(`temperature: ${request.temperature} is not above 0`);
    if (request.indices.length === 0) return fail('indices: no image is asked for');
    if (request.given) return fail('given: a race draws whole images');
    await this.end(runner);
    return await this.models.survivingLoss(async (backend) => {
      const passes = await this.#open({ model, method, request }, backend);
      this.#runners.set(runner, { name, model, method, request, backend, passes });
      return await frameOf(passes);
    });
  }

  async advance(name: string, passes: number): ReturnType<RaceAsk['advance']> {
    const runner = this.#runners.get(name);
    if (!runner) return fail(`race: "${name}" has not started`);
    const loaded = this.models.find(runner.name);
    if (!loaded.ok || loaded.value !== runner.model)
      return fail(`race: the model "${runner.name}" has gone; start again`);
    return await this.models.survivingLoss(async (backend) => {
      if (runner.backend !== backend) {
        // An image is a function of (model, seed, index): another backend comes to the same place again. What the first took is forgotten.
        const before = runner.passes.passes;
        runner.passes.destroy();
        runner.passes = await this.#open(runner, backend);
        runner.backend = backend;
        await runner.passes.advance(before);
      }
      await runner.passes.advance(passes);
      return await frameOf(runner.passes);
    });
  }

  async compare(name: string, other: string): ReturnType<RaceAsk['compare']> {
    const [one, two] = [name, other].map((each) => this.#runners.get(each));
    if (!one || !two) return fail(`race: "${one ? other : name}" has not started`);
    const images = await one.passes.images();
    const inside = this.models.inside(one.model);
    return ok(agreementOf(one.model.model, inside, one.request, images, await two.passes.images()));
  }

  end(name: string): Promise<void> {
    this.#runners.get(name)?.passes.destroy();
    this.#runners.delete(name);
    return Promise.resolve();
  }

  async #open(
    { model, method, request }: Pick<Runner, 'model' | 'method' | 'request'>,
    backend: Backend,
  ): Promise<Passes> {
    return await (await this.models.evaluator(model, backend)).passes(method, request);
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
