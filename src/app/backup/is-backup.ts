/** The file that a backup begins with, and the beginning of its text: what it is can be told without reading all of it. */
export const ABOUT = 'about.txt';
export const ABOUT_BEGINS = 'A backup of Inkling';

/** Whether the first bytes of a zip archive are those of a backup. */
export function isBackup(head: Uint8Array): boolean {
  const text = new TextDecoder('latin1').decode(head.subarray(0, 200));
  return text.includes(`${ABOUT}${ABOUT_BEGINS}`);
}
