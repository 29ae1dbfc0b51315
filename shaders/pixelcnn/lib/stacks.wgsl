// Where features lie and what a thread works for: a stack of 4 positions of one column, one below the other.
//
// Four channels of a position are a vector, and a plane holds one vector for every position, so that neighbouring threads read
// neighbouring vectors. In a plane the images follow each other, each with a row of zeros above it and a column of zeros to its
// left; below and to the right come those of the next. So convolutions read beyond the edges without asking.
//
// A matrix is 4 channels, its rows, by the 4 positions of a stack, its columns. Products with 4x4 weights use each weight for 4
// positions. All threads read the same weights at the same time, so these come straight from storage: no workgroup memory.

const threads = 64u;
const stack = 4u;

struct Place {
  image: u32,
  row: u32, // of the stack's first position
  column: u32,
  at: u32, // of this position, in a plane
  rows: u32, // positions of the stack that the grid has
}

// 16 channels of a stack.
struct Sixteen {
  a: mat4x4<f32>,
  b: mat4x4<f32>,
  c: mat4x4<f32>,
  d: mat4x4<f32>,
}

// Vectors from a position to the one below it.
fn pitch() -> u32 {
  return params.width + 1u;
}

// Vectors from an image to the next.
fn image_pitch() -> u32 {
  return (params.height + 1u) * pitch();
}

fn stacks_of_image() -> u32 {
  return params.width * ((params.height + stack - 1u) / stack);
}

// Stack number `number` of an image.
fn place_of(image: u32, number: u32) -> Place {
  let row = number / params.width * stack;
  let column = number % params.width;
  let at = image * image_pitch() + (row + 1u) * pitch() + column + 1u;
  return Place(image, row, column, at, min(stack, params.height - row));
}

// The stack of a thread, where images share workgroups. Beyond the last of them: `image` is params.images or more.
fn place_of_thread(workgroup: u32, thread: u32) -> Place {
  let number = (workgroup + params.first_workgroup) * threads + thread;
  return place_of(number / stacks_of_image(), number % stacks_of_image());
}

// The same 4 channels at every position.
fn everywhere(f: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(f, f, f, f);
}

// The matrix one position further down, of which only the last position is new.
fn further_down(m: mat4x4<f32>, last: vec4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(m[1], m[2], m[3], last);
}

fn relu_each(m: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(relu(m[0]), relu(m[1]), relu(m[2]), relu(m[3]));
}

fn relu_all(m: Sixteen) -> Sixteen {
  return Sixteen(relu_each(m.a), relu_each(m.b), relu_each(m.c), relu_each(m.d));
}

fn bounded_each(m: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(bounded(m[0]), bounded(m[1]), bounded(m[2]), bounded(m[3]));
}

fn within_each(d: mat4x4<f32>, f: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(within(d[0], f[0]), within(d[1], f[1]), within(d[2], f[2]), within(d[3], f[3]));
}

fn passed_each(d: mat4x4<f32>, f: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(passed(d[0], f[0]), passed(d[1], f[1]), passed(d[2], f[2]), passed(d[3], f[3]));
}
