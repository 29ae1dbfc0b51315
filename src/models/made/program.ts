import { pixelCount } from '../../data/images.ts';
import { Stream, streamKey } from '../../data/rng.ts';
import type { BoundKernel, Dispatch } from '../../gpu/kernel.ts';
import type { Program } from '../program.ts';
import { BIAS_GRADIENT, biasGradient, inSteps } from '../program-params.ts';
import { directOf, Forward } from './program-forward.ts';
import { isDirect, layerNames } from './masks.ts';

/** Places that one dispatch of the sampler decides at most, which bounds the time of a single workgroup. */
const PLACES_PER_DISPATCH = 64;
/** Bytes of sampler state in one buffer; more images get further buffers. */
const STATE_BYTES = 2 ** 26;

/** MADE as dispatches: the formulas of reference.ts as tiled products over the images of every order. */
export const program: Program = {
  kernels: [
    'made/arrange.wgsl',
    'made/base.wgsl',
    'made/first.wgsl',
    'made/layer.wgsl',
    'made/score.wgsl',
    'made/ensemble.wgsl',
    'made/conditional-logits.wgsl',
    'made/delta.wgsl',
    'made/back-output.wgsl',
    'made/back-layer.wgsl',
    'made/gradient-output.wgsl',
    'made/gradient-first.wgsl',
    'made/gradient-layer.wgsl',
    'made/gradient-direct.wgsl',
    BIAS_GRADIENT,
    'made/output-bias-gradient.wgsl',
    'made/begin-units.wgsl',
    'made/begin-places.wgsl',
    'made/sample.wgsl',
  ],

  evaluator(scope, { images, capacity }) {
    const forward = new Forward(scope, images, capacity, true);
    const partial = scope.arena.storage('partial', forward.parts * capacity * 4);
    const score = forward.scorer(partial);
    return {
      parts: forward.parts,
      partial,
      logLikelihood: (count) => forward.runs(count).flatMap((run) => [...forward.units(run), ...score(run)]),
    };
  },

  logits(scope, { images, out, capacity }) {
    const forward = new Forward(scope, images, capacity, true);
    const partial = scope.arena.storage('partial', forward.parts * capacity * 4);
    const score = forward.scorer(partial);
    const logits = scope.bind('made/conditional-logits.wgsl', {
      plan: forward.plan,
      units: forward.deepest,
      output: scope.tensors.output,
      base: forward.base,
      best: forward.best,
      out,
    });
    return {
      conditionalLogits: (count) =>
        forward
          .runs(count)
          .flatMap((run) => [
            ...forward.units(run),
            ...score(run),
            forward.overImages(logits, run, pixelCount(scope.grid), scope.hyper.hidden),
          ]),
    };
  },

  sampler(scope, { images, indices, given, request }) {
    const { grid, hyper, arena, tensors } = scope;
    const { hidden, layers, orders } = hyper;
    const pixels = pixelCount(grid);
    // Units of every layer, thresholds by place, the number of the order.
    const stride = layers * hidden + pixels + 1;
    const count = request.indices.length;
    const plan = Forward.planOf(scope);
    const together = Math.max(1, Math.floor(STATE_BYTES / (stride * 4)));
    const parts = Array.from({ length: Math.ceil(count / together) }, (_, part) => {
      const first_image = part * together;
      const size = Math.min(together, count - first_image);
      const state = arena.storage(`state_${part}`, size * stride * 4);
      const sample = scope.bind('made/sample.wgsl', {
        plan,
        direct: directOf(scope),
        weight_1: tensors.weight_1,
        // Not read where there is no such layer.
        weight_2: tensors[layerNames(Math.min(2, layers)).weight],
        weight_3: tensors[layerNames(Math.min(3, layers)).weight],
        output: tensors.output,
        state,
        images,
      });
      return {
        first_image,
        size,
        units: Array.from({ length: layers }, (_, l) =>
          scope.bind('made/begin-units.wgsl', { bias: tensors[layerNames(l + 1).bias], state }),
        ),
        places: scope.bind('made/begin-places.wgsl', {
          plan,
          indices,
          output_bias: tensors.output_bias,
          state,
          given,
        }),
        decide: inSteps(scope, request, sample, {
          images: size,
          own: { hidden, layers, direct: Number(isDirect(hyper)), first_image },
          most: PLACES_PER_DISPATCH,
        }),
      };
    });
    const begin = (): Dispatch[] =>
      parts.flatMap(({ first_image, size, units, places }) => [
        ...units.map((kernel, l) =>
          kernel.dispatch({ images: size, hidden, first: l * hidden, stride }, [
            kernel.groups(size * hidden),
          ]),
        ),
        places.dispatch(
          {
            pixels,
            hidden,
            orders,
            images: size,
            first_image,
            first: layers * hidden,
            stride,
            seed: request.seed,
            sample_key: streamKey(Stream.sample),
            order_key: streamKey(Stream.order),
            temperature: request.temperature,
          },
          [places.groups(size * pixels)],
        ),
      ]);
    return {
      advance(from, to) {
        const begun = from === 0 && to > 0 ? begin() : [];
        return [...begun, ...parts.flatMap(({ decide }) => decide(from, to))];
      },
    };
  },

  gradient(scope, { images, targets, capacity, gradients }) {
    const { arena, tensors, hyper } = scope;
    const { hidden, layers, orders } = hyper;
    const pixels = pixelCount(scope.grid);
    const forward = new Forward(scope, images, capacity, false);
    const { plan, places, shares } = forward;
    const partial = arena.storage('partial', forward.parts * capacity * 4);
    const delta = arena.storage('delta', orders * capacity * pixels * 4);
    const errors = Array.from({ length: Math.min(2, layers) }, (_, i) =>
      arena.storage(`errors_${i}`, orders * capacity * hidden * 4),
    );
    const writeDelta = scope.bind('made/delta.wgsl', {
      plan,
      units: forward.deepest,
      output: tensors.output,
      base: forward.base,
      targets,
      parts: forward.orderParts,
      delta,
    });
    const ensemble = forward.ensemble(partial);
    const output = scope.bind('made/gradient-output.wgsl', {
      plan,
      delta,
      shares,
      units: forward.deepest,
      gradient: gradients.output,
    });
    const outputBias = scope.bind('made/output-bias-gradient.wgsl', {
      plan,
      delta,
      shares,
      gradient: gradients.output_bias,
    });
    const direct = isDirect(hyper)
      ? scope.bind('made/gradient-direct.wgsl', { plan, places, delta, shares, gradient: gradients.direct })
      : null;
    // From the last layer to the first; errors alternate between the two buffers.
    const back = Array.from({ length: layers }, (_, i) => layers - i).map((layer, i) => {
      const units = forward.layers[layer - 1];
      const own = errors[i % 2];
      const names = layerNames(layer);
      const gradient = gradients[names.weight];
      return {
        layer,
        errors:
          layer === layers
            ? scope.bind('made/back-output.wgsl', {
                plan,
                delta,
                output: tensors.output,
                shares,
                units,
                errors: own,
              })
            : scope.bind('made/back-layer.wgsl', {
                plan,
                errors_above: errors[(i + 1) % 2],
                weight: tensors[layerNames(layer + 1).weight],
                units,
                errors: own,
              }),
        weight:
          layer === 1
            ? scope.bind('made/gradient-first.wgsl', { plan, places, errors: own, gradient })
            : scope.bind('made/gradient-layer.wgsl', {
                plan,
                units: forward.layers[layer - 2],
                errors: own,
                gradient,
              }),
        bias: scope.bind(BIAS_GRADIENT, { values: own, gradient: gradients[names.bias] }),
      };
    });
    return {
      parts: forward.parts,
      partial,
      gradient(count) {
        const run = { first: 0, count, all: count };
        const inEveryOrder = (kernel: BoundKernel, workgroups: number, work: number) =>
          Array.from({ length: orders }, (_, order) =>
            kernel.dispatch({ ...forward.params(run), order }, [workgroups], work),
          );
        const tiles = (rows: number, kernel: BoundKernel, columns = hidden) =>
          kernel.groups(rows, 'tile_rows') * kernel.groups(columns, 'tile_columns');
        return [
          ...forward.units(run),
          forward.overImages(writeDelta, run, pixels, hidden),
          ensemble(run),
          ...inEveryOrder(output, tiles(pixels, output), count),
          ...inEveryOrder(outputBias, outputBias.groups(pixels), count),
          ...(direct ? inEveryOrder(direct, tiles(pixels, direct, pixels), count) : []),
          ...back.flatMap(({ layer, errors, weight, bias }) => [
            forward.overImages(errors, run, hidden, layer === layers ? pixels : hidden),
            biasGradient(bias, hidden, orders * count, { divisor: 1 }),
            ...(layer === 1
              ? inEveryOrder(weight, tiles(pixels, weight), count)
              : [weight.dispatch(forward.params(run), [tiles(hidden, weight)], orders * count)]),
          ]),
        ];
      },
    };
  },
};
