import type { Attachment } from 'svelte/attachments';

/** Handlers of one pointer from its press to its release. */
interface Followed {
  /** Whether to follow this pointer. */
  accepts(event: PointerEvent): boolean;
  begin(event: PointerEvent): void;
  /** All events since the last call, in order; at least one. */
  move(events: readonly PointerEvent[]): void;
  /** The pointer was released, or its release was missed. */
  end(): void;
  /** The browser took the pointer for something else, such as scrolling. */
  cancel(): void;
}

/**
 * Follows one pointer at a time over an element, also beyond its edges. While a pointer is captured, others are ignored,
 * such as a palm. A pointer that cannot be captured because it is gone is followed too, and ends at the next press: a
 * lost pointer never blocks a later one.
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
      // A second press of the same pointer means that its release was missed.
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
      // It was released outside the window.
      if (event.buttons === 0) end();
      else followed.move(coalesced(event));
    }

    const over = new AbortController();
    element.addEventListener('pointerdown', down, { signal: over.signal });
    return () => {
      over.abort();
      end();
    };
  };
}

/** Directs the pointer's events to the element, also from beyond its edges; does nothing where the pointer is gone. */
function capture(element: HTMLElement, pointer: number): void {
  try {
    element.setPointerCapture(pointer);
  } catch (error) {
    // NotFoundError: the pointer is gone by now, after a quick tap or a pen lifted early.
    if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error;
  }
}

/** All events since the last frame; the event itself where the browser coalesces none: Safari before 18.2, pages on http. */
function coalesced(event: PointerEvent): readonly PointerEvent[] {
  const events = 'getCoalescedEvents' in event ? event.getCoalescedEvents() : [];
  return events.length > 0 ? events : [event];
}
