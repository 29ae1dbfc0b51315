/**
 * Other libraries in the browser: TensorFlow.js 4.22, jax-js 0.1 and onnxruntime-web 1.30 (the best of them on each
 * row). Constants, measured elsewhere: one headless Chromium on two cores without a GPU, batch 128, beside the
 * `plain` loop given here. Another machine's rates mean little by themselves; divided by the plain loop of their
 * own run they can be compared with ours divided by ours, roughly: the two plain loops do the same work but were
 * written separately. `aim` is the intended speed of the cpu backend as a multiple of the best wasm peer.
 */
export const PEERS = [
  { work: 'score FVSBN, 1,000 images', webgpu: 1993, wasm: 40600, plain: 17200, aim: 1.5 },
  { work: 'sample FVSBN, 64 images', webgpu: 91, wasm: 1227, plain: 5625, aim: 5 },
  { work: 'sample FVSBN, 1 image', webgpu: 3.9, wasm: 258, plain: 2440, aim: 10 },
  { work: 'train FVSBN, one Adam step', webgpu: 6.4, wasm: 62.6, plain: 47.9, aim: 1 },
];
