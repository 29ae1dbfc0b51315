/** What `make` gives, made with the first call: work that a page may never need does not delay its start. */
export function lazily<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}
