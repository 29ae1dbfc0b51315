import { forEachSlice } from '../data/slices.ts';
import { moments, type Rows } from './rows.ts';

/** A plane through the rows along which they vary most. */
export interface Principal {
  /** [width] */
  readonly means: Float64Array<ArrayBuffer>;
  /** Two orthonormal directions, [2, width]; zeros for a direction that does not exist (fewer than two columns). */
  readonly directions: Float64Array<ArrayBuffer>;
  /** Variance along them. */
  readonly variances: readonly [number, number];
  /** Variance in all directions together. */
  readonly total: number;
  /** Largest |C v - lambda v| as a share of the larger lambda: 0 for an exact answer. */
  readonly residual: number;
  readonly iterations: number;
}

export interface PrincipalOptions {
  readonly signal?: AbortSignal | undefined;
  readonly tolerance?: number;
  readonly mostIterations?: number;
}

/** Directions iterated together: two are returned, the others speed up convergence. */
const BLOCK = 8;
const TOLERANCE = 1e-7;
const MAX_ITERATIONS = 400;
/** Intended time of a slice of rows. */
const SLICE_MS = 8;
/** A vector that keeps at most this share of its length without its components along the others depends on them. */
const DEPENDENT = 1e-10;

/**
 * The first two principal components by orthogonal iteration of the covariance C = A^T A / count, A being the centred rows:
 * V <- orth(C V) with a Rayleigh-Ritz step each time (Golub and Van Loan, "Matrix computations", 2013, section 8.2.4). C
 * itself is never formed. It starts from fixed vectors, so that the same rows give the same plane; the sign of a direction is
 * that which makes its largest entry positive.
 */
export async function principalPlane(rows: Rows, options: PrincipalOptions = {}): Promise<Principal> {
  const { tolerance = TOLERANCE, mostIterations = MAX_ITERATIONS } = options;
  const { width } = rows;
  const { means, deviations } = moments(rows);
  const total = deviations.reduce((sum, deviation) => sum + deviation ** 2, 0);
  const size = Math.min(BLOCK, width);
  let vectors = startingVectors(size, width);
  orthonormalise(vectors);
  let lambdas = new Float64Array(size);
  let residual = 0;
  let iterations = 0;
  while (total > 0 && iterations < mostIterations) {
    iterations++;
    const images = await covarianceTimes(rows, means, vectors, options.signal);
    // Rayleigh-Ritz: the eigenvectors of V^T C V rotate both V and C V.
    const small = vectors.map((v) => Float64Array.from(images, (w) => dot(v, w)));
    const { values, rotation } = symmetricEigen(small);
    vectors = combine(vectors, rotation);
    const rotated = combine(images, rotation);
    lambdas = values;
    residual = 0;
    for (let j = 0; j < Math.min(2, size); j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (rotated[j][k] - lambdas[j] * vectors[j][k]) ** 2;
      residual = Math.max(residual, Math.sqrt(sum) / lambdas[0]);
    }
    if (residual <= tolerance) break;
    vectors = rotated;
    orthonormalise(vectors);
  }
  const directions = new Float64Array(2 * width);
  for (let j = 0; j < Math.min(2, size); j++) directions.set(signed(vectors[j]), j * width);
  const variance = (j: number) => (j < size ? Math.max(0, lambdas[j]) : 0);
  return { means, directions, variances: [variance(0), variance(1)], total, residual, iterations };
}

/** Coordinates of the rows on the plane, [count, 2]. */
export function project(
  { count, width, values }: Rows,
  { means, directions }: Principal,
): Float32Array<ArrayBuffer> {
  const points = new Float32Array(2 * count);
  for (let m = 0; m < count; m++) {
    let x = 0;
    let y = 0;
    for (let k = 0; k < width; k++) {
      const value = values[m * width + k] - means[k];
      x += value * directions[k];
      y += value * directions[width + k];
    }
    points[2 * m] = x;
    points[2 * m + 1] = y;
  }
  return points;
}

/** Fixed pseudorandom vectors: fractional parts of multiples of the golden ratio. */
function startingVectors(size: number, width: number): Float64Array[] {
  return Array.from({ length: size }, (_, j) =>
    Float64Array.from(
      { length: width },
      (_, k) => ((((j + 1) * 7919 + k + 1) * 0.6180339887498949) % 1) - 0.5,
    ),
  );
}

/** C v for every v. */
async function covarianceTimes(
  { count, width, values }: Rows,
  means: Float64Array,
  vectors: readonly Float64Array[],
  signal: AbortSignal | undefined,
): Promise<Float64Array[]> {
  const images = vectors.map(() => new Float64Array(width));
  const row = new Float64Array(width);
  await forEachSlice(count, {
    targetMs: SLICE_MS,
    signal,
    work: (first, some) => {
      for (let m = first; m < first + some; m++) {
        for (let k = 0; k < width; k++) row[k] = values[m * width + k] - means[k];
        for (let j = 0; j < vectors.length; j++) {
          const along = dot(row, vectors[j]) / count;
          const image = images[j];
          for (let k = 0; k < width; k++) image[k] += along * row[k];
        }
      }
    },
  });
  return images;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

/** Gram-Schmidt, twice against rounding; a vector that depends on those before is replaced by an axis that does not. */
function orthonormalise(vectors: Float64Array[]): void {
  vectors.forEach((vector, j) => {
    for (let axis = -1; !isolate(vector, vectors.slice(0, j));) vector.fill(0)[++axis] = 1;
  });
}

/** Subtracts the components along the others and scales to length 1; false where the vector depends on them. */
function isolate(vector: Float64Array, others: readonly Float64Array[]): boolean {
  const before = Math.sqrt(dot(vector, vector));
  for (const other of [...others, ...others]) {
    const along = dot(vector, other);
    for (let k = 0; k < vector.length; k++) vector[k] -= along * other[k];
  }
  const length = Math.sqrt(dot(vector, vector));
  if (!(length > DEPENDENT * before)) return false;
  for (let k = 0; k < vector.length; k++) vector[k] /= length;
  return true;
}

/** Vector j of the result is sum_i vectors[i] rotation[i][j]. */
function combine(vectors: readonly Float64Array[], rotation: readonly Float64Array[]): Float64Array[] {
  return vectors.map((_, j) => {
    const sum = new Float64Array(vectors[0].length);
    vectors.forEach((vector, i) => {
      for (let k = 0; k < sum.length; k++) sum[k] += vector[k] * rotation[i][j];
    });
    return sum;
  });
}

function signed(vector: Float64Array): Float64Array {
  let largest = 0;
  for (const value of vector) if (Math.abs(value) > Math.abs(largest) * (1 + 1e-9)) largest = value;
  return largest < 0 ? vector.map((value) => -value) : vector;
}

/**
 * Eigenvalues of a small symmetric matrix, falling, and its eigenvectors as columns of `rotation`, by Jacobi's rotations
 * (Golub and Van Loan, section 8.5).
 */
function symmetricEigen(matrix: readonly Float64Array[]): {
  values: Float64Array<ArrayBuffer>;
  rotation: Float64Array[];
} {
  const size = matrix.length;
  const a = matrix.map((row, i) => row.map((value, j) => (value + matrix[j][i]) / 2));
  const v = a.map((_, i) => Float64Array.from({ length: size }, (_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 30; sweep++) {
    let off = 0;
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        if (a[p][q] === 0) continue;
        off += a[p][q] ** 2;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        rotate(a, v, p, q, c, t * c);
      }
    }
    if (off === 0) break;
  }
  const order = Array.from({ length: size }, (_, j) => j).sort((i, j) => a[j][j] - a[i][i]);
  return {
    values: Float64Array.from(order, (j) => a[j][j]),
    rotation: v.map((row) => Float64Array.from(order, (j) => row[j])),
  };
}

/** a <- J^T a J and v <- v J, J being a rotation in the plane of axes p and q. */
function rotate(a: Float64Array[], v: Float64Array[], p: number, q: number, c: number, s: number): void {
  for (const row of [...a, ...v]) [row[p], row[q]] = [c * row[p] - s * row[q], s * row[p] + c * row[q]];
  for (let k = 0; k < a.length; k++) {
    const upper = a[p][k];
    const lower = a[q][k];
    a[p][k] = c * upper - s * lower;
    a[q][k] = s * upper + c * lower;
  }
}
