/** docs/loaders/load_numpy.py line by line, for machines without Python: the functions have its names and compute the same in its order. */

export interface Loaded {
  readonly tensors: Readonly<Record<string, Float32Array>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** [orders][n] */
  readonly orders: readonly Uint32Array[];
}

type Tensors = Loaded['tensors'];
type Hyper = Readonly<Record<string, number>>;
type Logits = (w: Tensors, hyper: Hyper, x: Uint8Array, order: Uint32Array) => Float64Array;

const independent: Logits = (w) => Float64Array.from(w.logit);

const tree: Logits = (w, _hyper, x) =>
  Float64Array.from(x, (_, i) => {
    const parent = w.parent[i];
    const shown = parent >= 0 ? x[parent] : 0;
    return shown > 0 ? w.logit[2 * i + 1] : w.logit[2 * i];
  });

const nade: Logits = (w, _hyper, x, order) => {
  const a = Float64Array.from(w.hidden_bias);
  const z = new Float64Array(x.length);
  order.forEach((pixel, i) => {
    z[pixel] = w.bias[i];
    for (let k = 0; k < a.length; k++) z[pixel] += w.output[i * a.length + k] / (1 + Math.exp(-a[k]));
    for (let k = 0; k < a.length; k++) a[k] += x[pixel] * w.input[i * a.length + k];
  });
  return z;
};

const made: Logits = (w, hyper, x, order) => {
  const n = order.length;
  const units = hyper.hidden;
  const place = new Array<number>(n);
  order.forEach((pixel, at) => (place[pixel] = at));
  const degree = Array.from({ length: units }, (_, k) => Math.floor(((2 * k + 1) * (n - 1)) / (2 * units)));
  let h = Array.from(x);
  let seen = place;
  for (let layer = 1; layer <= hyper.layers; layer++) {
    const weight = w[`weight_${layer}`];
    const before = h;
    const inputs = seen;
    h = degree.map((own, k) => {
      let sum = w[`bias_${layer}`][k];
      for (let j = 0; j < before.length; j++) if (own >= inputs[j]) sum += before[j] * weight[j * units + k];
      return Math.max(0, sum);
    });
    seen = degree;
  }
  return Float64Array.from(x, (_, i) => {
    let z = w.output_bias[i];
    for (let k = 0; k < units; k++) if (place[i] > degree[k]) z += h[k] * w.output[i * units + k];
    if (hyper.direct) for (let j = 0; j < n; j++) if (place[i] > place[j]) z += x[j] * w.direct[j * n + i];
    return z;
  });
};

const LOGITS: Readonly<Record<string, Logits>> = { independent, tree, nade, made };

/** log p in nats of an image x, [n] of 0 and 1 row by row. */
export function logP({ tensors, metadata, orders }: Loaded, x: Uint8Array): number {
  const hyper = JSON.parse(metadata.hyper) as Hyper;
  const nats = orders.map((order) => {
    const z = LOGITS[metadata.family](tensors, hyper, x, order);
    return -x.reduce((sum, on, i) => sum + Math.log1p(Math.exp((1 - 2 * on) * z[i])), 0);
  });
  const most = Math.max(...nats);
  return most + Math.log(nats.reduce((sum, one) => sum + Math.exp(one - most), 0)) - Math.log(nats.length);
}
