import type { Attachment } from 'svelte/attachments';

/** What an embedded figure says to the page around it, which may then give its frame that height. */
export interface HeightMessage {
  readonly type: 'inkling:height';
  /** In CSS pixels. */
  readonly height: number;
}

/** Tells the page around it how high the figure is, now and whenever that changes. */
export const announceHeight: Attachment<HTMLElement> = (element) => {
  if (parent === window) return;
  const observer = new ResizeObserver(() => {
    const message: HeightMessage = {
      type: 'inkling:height',
      height: Math.ceil(element.getBoundingClientRect().height),
    };
    // To any page: a height is no secret.
    parent.postMessage(message, '*');
  });
  observer.observe(element);
  return () => observer.disconnect();
};
