/** What the module exports: src/simd/wasm-rows.ts calls it. */
export { addTransposedProduct, multiply, multiplyTransposed } from './products';
export {
  addColumnSums,
  addSums,
  gather,
  rmsBack,
  rmsNormalise,
  rowDots,
  scatterAdd,
  scatterSums,
} from './rows';
export {
  adam,
  addScaled,
  bound,
  boundBack,
  elu,
  eluBack,
  logisticLoss,
  moveTowards,
  relu,
  reluBack,
  scale,
  sigmoid,
  sigmoidBack,
  softplusSum,
  sumOfSquares,
} from './elements';
export { addWeightedSums, listDots, sigmoidSums, sigmoidSumsBack } from './lists';
export { binarise, uniforms } from './random';
