/** Between a bubble and what it explains, and between a bubble and the edge of the window. */
const GAP = 6;
const MARGIN = 8;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly bottom: number;
}

export interface BubblePlace {
  readonly left: number;
  readonly top: number;
  readonly maxHeight: number;
}

/**
 * Where a bubble of this size stands: below `kept`, which it must not cover, or above it where only there is room or `above` asks
 * for it; from the left edge of the words on, but inside the window. Where neither side has room, the larger one, and it scrolls.
 */
export function placeBubble(
  words: Box,
  kept: Box,
  bubble: { readonly width: number; readonly height: number },
  page: { readonly width: number; readonly height: number },
  above = false,
): BubblePlace {
  const roomAbove = kept.top - GAP - MARGIN;
  const roomBelow = page.height - kept.bottom - GAP - MARGIN;
  const fitsAbove = bubble.height <= roomAbove;
  const fitsBelow = bubble.height <= roomBelow;
  const goesAbove =
    fitsAbove !== fitsBelow ? fitsAbove : fitsAbove && fitsBelow ? above : roomAbove > roomBelow;
  const maxHeight = Math.max(0, goesAbove ? roomAbove : roomBelow);
  return {
    left: Math.max(MARGIN, Math.min(page.width - bubble.width - MARGIN, words.left)),
    top: goesAbove ? kept.top - GAP - Math.min(bubble.height, maxHeight) : kept.bottom + GAP,
    maxHeight,
  };
}
