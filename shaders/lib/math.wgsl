// Functions of a logit, stable for every finite argument. A shader may assume that no NaN or infinity occurs, so
// none is ever made: exp only sees arguments <= 0.

// log(1 + e) for e in [0, 1] as 2 atanh(e / (2 + e)). The built-in log is only good to 2^-21 absolutely near 1,
// which is nothing where e is small.
fn log_1p(e: f32) -> f32 {
  // e itself stays a factor: half of it could fall below the smallest normal number.
  let twice = 2.0 / (2.0 + e);
  let s = 0.5 * e * twice;
  let q = s * s;
  let series = 1.0 + q * (1.0 / 3.0 + q * (0.2 + q * (1.0 / 7.0 + q * (1.0 / 9.0 + q * (1.0 / 11.0 + q / 13.0)))));
  return e * twice * series;
}

// log(1 + e^x)
fn softplus(x: f32) -> f32 {
  return max(x, 0.0) + log_1p(exp(-abs(x)));
}

// log(1 / (1 + e^-x))
fn log_sigmoid(x: f32) -> f32 {
  return -softplus(-x);
}

// 1 / (1 + e^-x)
fn sigmoid(x: f32) -> f32 {
  let e = exp(-abs(x));
  return select(e, 1.0, x >= 0.0) / (1.0 + e);
}

// log p(pixel) of a Bernoulli with this logit.
fn log_bernoulli(logit: f32, on: bool) -> f32 {
  return -softplus(select(logit, -logit, on));
}

// The same where the pixel is on with probability `ink`, in expectation: ink log p(on) + (1 - ink) log p(off).
fn expected_log_bernoulli(logit: f32, ink: f32) -> f32 {
  return (ink * logit - max(logit, 0.0)) - log_1p(exp(-abs(logit)));
}

// The logit at which a pixel with this uniform number turns on: u < sigmoid(x) iff x > logit_of(u).
fn logit_of(u: f32) -> f32 {
  return log(u / (1.0 - u));
}
