import type { Attachment } from 'svelte/attachments';
import { type Point, SIDE } from '../../app/ink.ts';

/** What follows a pointer over a square surface. Points are in units of the pad, 0 to SIDE. */
export interface Painted {
  /** `other`: with the pen's eraser or the second mouse button. */
  begin(at: Point, other: boolean): void;
  extend(points: readonly Point[]): void;
  end(): void;
  cancel(): void;
}

/**
 * Paints with one pointer at a time, by all the points that the browser has gathered between two frames. Any other
 * pointer meanwhile, a palm say, is ignored. The surface takes the focus, and no menu opens on it.
 */
export function painting(painted: Painted): Attachment<HTMLElement> {
  return (surface) => {
    let active: number | null = null;

    const pointOf = (event: PointerEvent, box: DOMRect): Point => ({
      x: ((event.clientX - box.left) / box.width) * SIDE,
      y: ((event.clientY - box.top) / box.height) * SIDE,
    });

    function down(event: PointerEvent): void {
      const other = event.button === 2 || (event.buttons & 32) !== 0;
      if (active !== null || (event.button !== 0 && !other)) return;
      event.preventDefault();
      surface.focus({ preventScroll: true });
      active = event.pointerId;
      surface.setPointerCapture(event.pointerId);
      painted.begin(pointOf(event, surface.getBoundingClientRect()), other);
    }

    function move(event: PointerEvent): void {
      if (event.pointerId !== active) return;
      const box = surface.getBoundingClientRect();
      const events = event.getCoalescedEvents();
      painted.extend((events.length > 0 ? events : [event]).map((each) => pointOf(each, box)));
    }

    const ending = (end: () => void) => (event: PointerEvent) => {
      if (event.pointerId !== active) return;
      active = null;
      end();
    };

    const over = new AbortController();
    const listen = { signal: over.signal };
    const end = ending(() => painted.end());
    surface.addEventListener('pointerdown', down, listen);
    surface.addEventListener('pointermove', move, listen);
    surface.addEventListener('pointerup', end, listen);
    surface.addEventListener('lostpointercapture', end, listen);
    const cancel = ending(() => painted.cancel());
    surface.addEventListener('pointercancel', cancel, listen);
    surface.addEventListener('contextmenu', (event) => event.preventDefault(), listen);
    return () => over.abort();
  };
}
