import type { Attachment } from 'svelte/attachments';
import { type Point, SIDE } from '../../app/pad/ink.ts';
import { following } from './following.ts';

/** Handlers of a stroke over a square surface. Points are in cells of the pad's canvas, 0 to SIDE. */
export interface Painted {
  /** `other`: by the eraser of a pen or the second mouse button. */
  begin(at: Point, other: boolean): void;
  extend(points: readonly Point[]): void;
  end(): void;
  cancel(): void;
}

/**
 * Paints with one pointer at a time, through all points that the browser has coalesced between two frames. The surface
 * takes the focus and opens no context menu.
 */
export function painting(painted: Painted): Attachment<HTMLElement> {
  return (surface) => {
    const pointOf = (event: PointerEvent, box: DOMRect): Point => ({
      x: ((event.clientX - box.left) / box.width) * SIDE,
      y: ((event.clientY - box.top) / box.height) * SIDE,
    });
    const isOther = (event: PointerEvent) => event.button === 2 || (event.buttons & 32) !== 0;

    const follow = following({
      accepts: (event) => event.button === 0 || isOther(event),
      begin(event) {
        event.preventDefault();
        surface.focus({ preventScroll: true });
        painted.begin(pointOf(event, surface.getBoundingClientRect()), isOther(event));
      },
      move(events) {
        const box = surface.getBoundingClientRect();
        painted.extend(events.map((event) => pointOf(event, box)));
      },
      end: () => painted.end(),
      cancel: () => painted.cancel(),
    });

    const over = new AbortController();
    surface.addEventListener('contextmenu', (event) => event.preventDefault(), { signal: over.signal });
    const unfollow = follow(surface);
    return () => {
      over.abort();
      unfollow?.();
    };
  };
}
