import type { Attachment } from 'svelte/attachments';

/** What follows one pointer from its press to its release. */
export interface Followed {
  /** Whether this press is to be followed. */
  accepts(event: PointerEvent): boolean;
  begin(event: PointerEvent): void;
  /** Where the pointer has been since the last call, in order; at least one event. */
  move(events: readonly PointerEvent[]): void;
  /** The pointer was released, or was lost without a word from the browser. */
  end(): void;
  /** The browser took the pointer for something else, such as scrolling. */
  cancel(): void;
}

/**
 * Follows one pointer at a time over an element, also beyond its edges. A captured pointer keeps every other one out, a
 * palm say. A pointer that the browser does not capture, because it is gone by then, is followed too, and ends at the
 * next press: no lost pointer blocks a later one.
 */
export function following(followed: Followed): Attachment<HTMLElement> {
  return (element) => {
    let active: number | null = null;
    /** Ends the listeners of the pointer that is followed. */
    let release = new AbortController();

    const finish = (end: () => void) => {
      if (active === null) return;
      active = null;
      release.abort();
      end();
    };
    const end = () => finish(() => followed.end());
    const cancel = () => finish(() => followed.cancel());

    function down(event: PointerEvent): void {
      if (!followed.accepts(event)) return;
      // A pointer is pressed once before it is released: the same one again means that its release was missed.
      if (active !== null && active !== event.pointerId && element.hasPointerCapture(active)) return;
      end();
      active = event.pointerId;
      capture(element, active);
      listen();
      followed.begin(event);
    }

    function listen(): void {
      release = new AbortController();
      const { signal } = release;
      const mine = (act: (event: PointerEvent) => void) => (event: PointerEvent) => {
        if (event.pointerId === active) act(event);
      };
      // On the window: a pointer that is not captured may be released anywhere.
      const options = { signal, capture: true };
      addEventListener('pointermove', mine(move), options);
      addEventListener('pointerup', mine(end), options);
      addEventListener('pointercancel', mine(cancel), options);
      element.addEventListener('lostpointercapture', mine(end), { signal });
      addEventListener('blur', end, { signal });
    }

    function move(event: PointerEvent): void {
      // Released where the page could not see it, beyond the window.
      if (event.buttons === 0) end();
      else followed.move(gathered(event));
    }

    const over = new AbortController();
    element.addEventListener('pointerdown', down, { signal: over.signal });
    return () => {
      over.abort();
      end();
    };
  };
}

/** Has the element receive the pointer's events also from beyond its edges, where the browser still knows the pointer. */
function capture(element: HTMLElement, pointer: number): void {
  try {
    element.setPointerCapture(pointer);
  } catch (error) {
    // NotFoundError: the pointer is gone by now, after a quick tap or a pen lifted early.
    if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
  }
}

/** All events since the last frame; the one itself where the browser gathers none: Safari before 18.2, pages on http. */
function gathered(event: PointerEvent): readonly PointerEvent[] {
  const events = 'getCoalescedEvents' in event ? event.getCoalescedEvents() : [];
  return events.length > 0 ? events : [event];
}
