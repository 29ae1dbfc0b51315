/** Images computed together where each takes `bytesEach` of at most `maxBytes`. */
export function pieceSize(capacity: number, bytesEach: number, maxBytes: number): number {
  return Math.max(1, Math.min(capacity, Math.floor(maxBytes / bytesEach)));
}

/** `count` images in as few pieces of at most `size` as possible, about equally large. */
export function piecesOf(count: number, size: number): readonly { first: number; images: number }[] {
  const pieces = Math.ceil(count / size);
  return Array.from({ length: pieces }, (_, i) => {
    const first = Math.floor((i * count) / pieces);
    return { first, images: Math.floor(((i + 1) * count) / pieces) - first };
  });
}
