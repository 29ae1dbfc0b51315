/** Every pixel looks into its table: places in the table are computed in whole numbers, since a table may have more entries than f32 can count. */
import { pixelCount } from '../../data/images.ts';
import type { OnnxFamily } from '../onnx/family.ts';
import { chainRule, withPixelOff } from '../onnx/likelihood.ts';
import { structureOf } from './layout.ts';
import { OUTSIDE } from './parents.ts';

export const onnx: OnnxFamily = {
  build(graph, model, x) {
    const n = pixelCount(model.grid);
    const { parents, tables } = structureOf(model);
    const most = Math.max(...parents.map((list) => list.length));
    const table = graph.constant(model.tensors.logit, [model.tensors.logit.length], 'logit');
    const starts = tables.subarray(0, n);
    if (most === 0) {
      const own = graph.gather(table, graph.places(starts), 0);
      return chainRule(graph, x, graph.forEveryImage(own, x, [n]));
    }
    // A parent that a pixel lacks, or that lies outside, is the pixel that is always off.
    const places = parents.flatMap((list) =>
      Array.from({ length: most }, (_, bit) => ((list[bit] ?? OUTSIDE) === OUTSIDE ? n : list[bit])),
    );
    const seen = graph.gather(withPixelOff(graph, x), graph.places(places, [n, most]), 1);
    const bits = graph.constant(
      BigInt64Array.from({ length: most }, (_, bit) => 2n ** BigInt(bit)),
      [most],
      'bits',
    );
    const first = graph.constant(BigInt64Array.from(starts, BigInt), [n], 'starts');
    const entry = graph.sum(graph.multiply(graph.cast(seen, 'int64'), bits), -1);
    return chainRule(graph, x, graph.gather(table, graph.add(entry, first), 0));
  },
};
