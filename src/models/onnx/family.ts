/** What a family gives to be expressed as an ONNX graph: `onnx` in src/models/<family>/onnx.ts. */
import type { Model } from '../model.ts';
import type { Graph, Value } from './graph.ts';

export interface DensityValues {
  /** log p in nats, [batch] double: sums of thousands of nats are f32 only at the end. */
  readonly logP: Value;
  /** Logits of p(x_i = 1 | the pixels before it), [batch, n] f32; null where the graph has none. */
  readonly logits: Value | null;
}

export interface ClassifierValues {
  /** log p(y | x) up to a constant, [batch, CLASSES] f32. */
  readonly classLogits: Value;
}

export type FamilyValues = DensityValues | ClassifierValues;

export interface OnnxFamily {
  /**
   * Adds a model without classes to the graph. `x` is [batch, n] f32 of 0 and 1, its pixels numbered as the family's own code knows
   * them, and so are the logits.
   */
  build(graph: Graph, model: Model, x: Value): FamilyValues;
  /** Why the graph has no logits, as a sentence; absent where it has. */
  readonly withoutLogits?: string;
}
