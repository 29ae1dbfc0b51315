/**
 * A colour for every digit. Ten colours are too many to tell apart, above all with a colour-vision deficiency: the map draws
 * each digit as its own glyph, and colour only helps to find the digits of a class.
 */
const LIGHT = [
  '#3b2a8c',
  '#0067a3',
  '#117733',
  '#7d6200',
  '#a3307a',
  '#b9400c',
  '#1b7480',
  '#5a5a5a',
  '#7c1d4d',
  '#5c7a00',
];

const DARK = [
  '#a79bff',
  '#5fb8ee',
  '#4cc982',
  '#e6c84f',
  '#f08cc8',
  '#ff955f',
  '#62d6d6',
  '#c4c4c4',
  '#e0809c',
  '#b8d650',
];

/** [CLASSES] */
export function classColours(dark: boolean): readonly string[] {
  return dark ? DARK : LIGHT;
}
