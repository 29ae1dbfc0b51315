/**
 * log p of the first t pixels of an order in nats, [n + 1], by the chain rule. `surprise`: -log p(x_i | the pixels before) by pixel, [n];
 * `order`: the pixel at each place, [n].
 */
export function logPSoFar(surprise: ArrayLike<number>, order: Uint32Array): Float64Array<ArrayBuffer> {
  const sums = new Float64Array(order.length + 1);
  for (let place = 0; place < order.length; place++) sums[place + 1] = sums[place] - surprise[order[place]];
  return sums;
}
