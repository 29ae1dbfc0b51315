// Backpropagation through the last block's way up: the other blocks' comes with the block behind them, in pixelcnn/block-back.wgsl.
// Reference: addGradient in src/models/pixelcnn/reference.ts.
//
// Grid: x = ceil(images * stacks of an image / 64) workgroups of 64 threads, one a stack.
#include "pixelcnn/lib/net.wgsl"
#include "pixelcnn/lib/stacks.wgsl"
#include "pixelcnn/lib/up-back.wgsl"

@compute @workgroup_size(threads)
fn go_back(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let place = place_of_thread(workgroup.x, thread);
  if (place.image < params.images) {
    go_back_up(params.blocks - 1u, place);
  }
}
