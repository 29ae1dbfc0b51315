/** Runs `work` at once; its exceptions become rejections, as on a device. */
export function promise<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}

export function nothing(): void {
  /* There is no device to free. */
}
