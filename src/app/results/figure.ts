/** Figures as data: what is saved of a picture, map or chart of the page, for paper. They are drawn by src/app/results/draw. */

export interface Figure {
  readonly title: string;
  /** What is to be seen, in words: the description of an SVG file, and of a PNG file. */
  readonly description: string;
  readonly panels: readonly Panel[];
  /** Panels in a row, 1 to 3. */
  readonly columns: number;
  /** Lines below it: the models with their log p and binarisation, the seed. */
  readonly notes: readonly string[];
}

export type Panel = PixelsPanel | ImagesPanel | LinesPanel | BarsPanel | HistogramPanel | PointsPanel;

/** One picture, as large as its place. */
export interface PixelsPanel {
  readonly kind: 'pixels';
  readonly title: string;
  readonly picture: Picture;
  readonly legend?: ScaleLegend;
  readonly keys?: readonly Key[];
}

/** Pictures of one size in rows. */
export interface ImagesPanel {
  readonly kind: 'images';
  readonly title: string;
  /** Pictures in a row. */
  readonly columns: number;
  readonly pictures: readonly Picture[];
  /** Below each picture. */
  readonly captions?: readonly string[];
  readonly legend?: ScaleLegend;
  readonly keys?: readonly Key[];
}

export interface LinesPanel {
  readonly kind: 'lines';
  readonly title: string;
  /** Names of the axes, with their units. */
  readonly across: string;
  readonly up: string;
  readonly x: readonly number[];
  /** Whether the horizontal axis is logarithmic: all of x are above 0 then. */
  readonly logarithmic?: boolean;
  readonly series: readonly LineSeries[];
  /** Lowest and highest value of the vertical axis; those of the data by default. */
  readonly range?: readonly [number, number];
  /** Where a dashed vertical line is drawn. */
  readonly mark?: number | null;
}

export interface LineSeries {
  readonly name: string;
  readonly colour: string;
  readonly dashed?: boolean;
  /** Whether each value is a point of the line. */
  readonly points?: boolean;
  /** Whether a value holds until the next one. */
  readonly steps?: boolean;
  /** One for every x. */
  readonly values: readonly (number | null)[];
  /** One standard error of every value, a bar to either side. */
  readonly errors?: readonly number[];
}

/** Horizontal bars that begin at 0, or points where an error is known and 0 means nothing. */
export interface BarsPanel {
  readonly kind: 'bars';
  readonly title: string;
  /** Name of the axis, with its unit. */
  readonly across: string;
  /** Ends of the axis; those of the values by default. */
  readonly range?: readonly [number, number];
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly error?: number;
  /** The value as it is written beside it. */
  readonly words: string;
  readonly strong?: boolean;
}

export interface HistogramPanel {
  readonly kind: 'histogram';
  readonly title: string;
  readonly across: string;
  /** Ends of the axis. */
  readonly from: number;
  readonly to: number;
  /** Height of every bar, 0 to 1. */
  readonly bars: readonly number[];
  /** Values below the first and above the second are shaded; null for none. */
  readonly tails: readonly [number | null, number | null];
  /** Where the drawing is. */
  readonly mark: number | null;
  readonly markWords: string;
}

/** A map of labelled points: each is its label, in the colour of its class. */
export interface PointsPanel {
  readonly kind: 'points';
  readonly title: string;
  readonly across: string;
  readonly up: string;
  readonly points: readonly MapPoint[];
  /** Where the drawing is. */
  readonly mark: readonly [number, number] | null;
}

export interface MapPoint {
  readonly x: number;
  readonly y: number;
  readonly label: string;
  readonly colour: string;
}

/** An image in colours. */
export interface Picture {
  readonly width: number;
  /** [n, 3] u8 */
  readonly colours: Uint8Array;
  /** Patterns over the colours, [n]. */
  readonly marks?: readonly ('' | 'hatch' | 'dot')[];
  /** Pixels with a frame. */
  readonly framed?: readonly number[];
}

/** A scale of colours. */
export interface ScaleLegend {
  /** [256, 3] u8 */
  readonly colours: Uint8Array;
  readonly from: string;
  readonly to: string;
  readonly words: string;
}

/** A colour with its meaning. */
export interface Key {
  readonly colour: string;
  readonly words: string;
}
