// Conditionals of a tree row by row, by messages along it: see src/models/tree-mixture/evidence.ts. Pixels before the one that is asked for
// are known. Every thread has an image and a tree of its own, its slot. The including kernel defines `slot_count` and `is_on`, and binds
//
//   logit: array<f32>     [components, pixels, 2], of p(x_i = 1 | parent = u)
//   parent: array<i32>    [components, pixels], -1 for the root
//   lambda: array<f32>    [pixels, slots], 0 at first
//   message: array<f32>   [pixels, slots], 0 at first
//   below: array<u32>     [pixels, slots], the way back from a pixel's ancestors

struct Slot {
  number: u32,
  image: u32,
  tree: u32, // place of its first pixel in `parent`
}

fn cell(slot: Slot, pixel: u32) -> u32 {
  return pixel * slot_count() + slot.number;
}

fn table(slot: Slot, pixel: u32, value: u32) -> f32 {
  return logit[2u * (slot.tree + pixel) + value];
}

fn log_add_exp(a: f32, b: f32) -> f32 {
  return max(a, b) + log_1p(exp(-abs(a - b)));
}

fn up(slot: Slot, pixel: u32, odds: f32) -> f32 {
  let off = table(slot, pixel, 0u);
  let on = table(slot, pixel, 1u);
  return (softplus(on + odds) - softplus(on)) - (softplus(off + odds) - softplus(off));
}

fn down(slot: Slot, pixel: u32, odds: f32) -> f32 {
  let off = table(slot, pixel, 0u);
  let on = table(slot, pixel, 1u);
  return log_add_exp(log_sigmoid(off), odds + log_sigmoid(on)) - log_add_exp(log_sigmoid(-off), odds + log_sigmoid(-on));
}

// Log odds of a pixel given those before it.
fn logit_of_pixel(slot: Slot, pixel: u32) -> f32 {
  var at = pixel;
  var above = parent[slot.tree + at];
  while (above >= i32(pixel)) {
    below[cell(slot, u32(above))] = at;
    at = u32(above);
    above = parent[slot.tree + at];
  }
  var value = 0u;
  if (above >= 0) {
    value = u32(is_on(slot.image, u32(above)));
  }
  var odds = table(slot, at, value);
  while (at != pixel) {
    let child = below[cell(slot, at)];
    odds = down(slot, child, odds + lambda[cell(slot, at)] - message[cell(slot, child)]);
    at = child;
  }
  return odds + lambda[cell(slot, pixel)];
}

// From now on the pixel is known, as all before it are.
fn observe(slot: Slot, pixel: u32, on: bool) {
  let when_off = log_bernoulli(table(slot, pixel, 0u), on);
  var own = log_bernoulli(table(slot, pixel, 1u), on) - when_off;
  var at = pixel;
  var above = parent[slot.tree + at];
  while (above > i32(pixel)) {
    lambda[cell(slot, u32(above))] += own - message[cell(slot, at)];
    message[cell(slot, at)] = own;
    at = u32(above);
    own = up(slot, at, lambda[cell(slot, at)]);
    above = parent[slot.tree + at];
  }
}
