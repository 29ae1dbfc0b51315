// How many pixels a sampler looks ahead: few after one that is on, because ink comes in strokes, and many after few that are off.
const few_ahead = 4u;
const many_ahead = 16u;
