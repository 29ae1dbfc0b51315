/** Resolves in a later task: the browser paints and answers the visitor before what follows. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
