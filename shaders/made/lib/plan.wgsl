// Which connections there are, in small tables: a place is a pixel's number in an order, and a unit of degree m sees places 0
// to m. Degrees rise with a unit's number, so every mask is a run. To be included behind `params`, which holds `pixels` and
// `hidden`. Reference: src/models/made/masks.ts.

@group(0) @binding(1) var<storage, read> plan: array<u32>; // [hidden] degrees, [pixels + 1] units below, [orders, pixels] pixels

fn degree_of(unit: u32) -> u32 {
  return plan[unit];
}

// The number of units of a degree below `place`: the first unit that sees it.
fn units_below(place: u32) -> u32 {
  return plan[params.hidden + place];
}

// The first unit of the next layer that sees a unit.
fn first_above(unit: u32) -> u32 {
  return units_below(degree_of(unit));
}

fn pixel_of(order: u32, place: u32) -> u32 {
  return plan[params.hidden + params.pixels + 1u + order * params.pixels + place];
}
