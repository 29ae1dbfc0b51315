/** How a run goes. Only families that descend look at batches and the rate; only counted ones of fixed bits at no epochs. */
export interface TrainingSteps {
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
}

/** What a descended family's Adam steps do beside following the gradient at the rate of the run. */
export interface DescentRecipe {
  /** Steps over which the rate rises to that of the run, linearly; in short runs a tenth of all steps at most. 0: at once. */
  readonly warmUp: number;
  /** The rate at the end of the run, as a share of the rate that the run was given: cosine decay. */
  readonly finalRate: number;
  /**
   * A gradient that is longer than this multiple of the running mean of their lengths is shortened to it (Pascanu, Mikolov and Bengio,
   * "On the difficulty of training recurrent neural networks", ICML 2013); null: never.
   */
  readonly clip: number | null;
  /**
   * Decay a step of the moving average of the weights, which is what is validated, shown and kept (Polyak and Juditsky, SIAM J. Control
   * Optim. 30, 1992); null: the weights themselves are.
   */
  readonly average: number | null;
}

/** What the pixels or the class of a batch's images should be. */
export interface Targets {
  /** Of a classifier: the class of every image, [count]. */
  readonly labels?: Uint8Array | null;
  /**
   * Soft targets: the probability of ink of every pixel, [count, n] f32, in the family's numbering of pixels. The loss of an image is then
   * -sum_i (t_i log p(x_i = 1 | x_<i) + (1 - t_i) log p(x_i = 0 | x_<i)), x being its bits. Without them t is x, and the loss -log p(x).
   */
  readonly soft?: Float32Array | null;
}
