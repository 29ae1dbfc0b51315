import { pixelCount, wordsPerImage } from '../../data/images.ts';
import type { GpuBuffer } from '../../gpu/arena.ts';
import type { Program, ProgramCounter, ProgramScope } from '../program.ts';
import { batchParams, inSteps } from '../program-params.ts';
import { treeTensors } from './chow-liu.ts';
import type { Structure } from './layout.ts';
import { structureOf, TREE } from './layout.ts';
import { smoothTables } from './smoothing.ts';

/** Bayesian networks as dispatches: one thread looks up one pixel of one image. */
export const program: Program = {
  kernels: [
    'bayes-net/score.wgsl',
    'bayes-net/conditional-logits.wgsl',
    'bayes-net/sample.wgsl',
    'bayes-net/count.wgsl',
    'bayes-net/planes.wgsl',
    'bayes-net/pairs.wgsl',
  ],

  evaluator(scope, { images, capacity }) {
    const parts = scope.constant('bayes-net/score.wgsl', 'parts');
    const partial = scope.arena.storage('partial', parts * capacity * 4);
    const buffers = { ...network(scope, structure(scope)), logit: scope.tensors.logit, images, partial };
    const score = scope.bind('bayes-net/score.wgsl', buffers);
    return {
      parts,
      partial,
      logLikelihood: (count) => [score.dispatch(batchParams(scope, count), [count])],
    };
  },

  logits(scope, { images, out }) {
    const buffers = { ...network(scope, structure(scope)), logit: scope.tensors.logit, images, out };
    const logits = scope.bind('bayes-net/conditional-logits.wgsl', buffers);
    return {
      conditionalLogits: (count) => [
        logits.dispatch(batchParams(scope, count), [logits.groups(count * pixelCount(scope.grid))]),
      ],
    };
  },

  sampler(scope, { images, indices, given, request }) {
    const own = structure(scope);
    const sample = scope.bind('bayes-net/sample.wgsl', {
      ...network(scope, own),
      logit: scope.tensors.logit,
      pixel_order: scope.arena.filled('pixel_order', own.order),
      indices,
      images,
      given,
    });
    return {
      advance: inSteps(scope, request, sample, { groups: sample.groups(request.indices.length) }),
    };
  },

  counter(scope, { images, capacity }) {
    return scope.family === TREE ? pairCounter(scope, images, capacity) : tableCounter(scope, images);
  },
};

function tableCounter(scope: ProgramScope, images: GpuBuffer): ProgramCounter {
  const own = structure(scope);
  const { tables } = own;
  const entries = tables[tables.length - 1];
  const off = scope.arena.storage('off', entries * 4);
  const on = scope.arena.storage('on', entries * 4);
  const count = scope.bind('bayes-net/count.wgsl', { ...network(scope, own), images, off, on });
  let seen = 0;
  return {
    add(added) {
      seen += added;
      const groups = count.groups(added * pixelCount(scope.grid), 'slots');
      return [count.dispatch(batchParams(scope, added), [groups])];
    },
    counts: { off, on },
    // A buffer is never empty, so it can be longer than the tables.
    finish: (counts) => ({
      logit: smoothTables(scope.family, scope.hyper, tables, {
        images: seen,
        on: counts.on.subarray(0, entries),
        off: counts.off.subarray(0, entries),
      }),
    }),
  };
}

/** Counts every pair of pixels on the device and grows the tree on the host. */
function pairCounter(scope: ProgramScope, images: GpuBuffer, capacity: number): ProgramCounter {
  const { arena, grid, hyper } = scope;
  const n = pixelCount(grid);
  const block = scope.constant('bayes-net/planes.wgsl', 'threads');
  const tile = scope.constant('bayes-net/pairs.wgsl', 'tile');
  const chunk = scope.constant('bayes-net/pairs.wgsl', 'chunk');
  const blockWords = block / 32;
  const plane_words = Math.ceil(capacity / block) * blockWords;
  const planes = arena.storage('planes', n * plane_words * 4);
  const both = arena.storage('both', n * n * 4);
  const total = arena.storage('total', 4);
  const layOut = scope.bind('bayes-net/planes.wgsl', { images, planes });
  const count = scope.bind('bayes-net/pairs.wgsl', { planes, both, total });
  const tiles = Math.ceil(n / tile);
  return {
    add(added) {
      const blocks = Math.ceil(added / block);
      const words = blocks * blockWords;
      return [
        layOut.dispatch({ ...batchParams(scope, added), plane_words }, [blocks, wordsPerImage(grid)]),
        count.dispatch(
          { pixels: n, images: added, plane_words, words },
          [(tiles * (tiles + 1)) / 2],
          Math.ceil(words / chunk),
        ),
      ];
    },
    counts: { both, total },
    finish: (counts) =>
      treeTensors({ n, images: counts.total[0], both: counts.both.subarray(0, n * n) }, hyper),
  };
}

/** The structure of the scope's model. */
function structure({ family, grid, hyper, uploaded }: ProgramScope): Structure {
  return structureOf({ family, grid, hyper, tensors: uploaded });
}

/** The lists of parents and the tables' starts on the device; OUTSIDE is a number above every pixel's there. */
function network({ arena }: ProgramScope, { parents, tables }: Structure) {
  const starts = new Uint32Array(parents.length + 1);
  parents.forEach((list, pixel) => (starts[pixel + 1] = starts[pixel] + list.length));
  return {
    parent_start: arena.filled('parent_start', starts),
    parents: arena.filled('parents', Uint32Array.from(parents.flat())),
    table_start: arena.filled('table_start', tables),
  };
}
