/**
 * Makes an effect or a derived value depend on values that it does not use: reading them as arguments registers the
 * dependency.
 */
export function observe(...values: unknown[]): readonly unknown[] {
  return values;
}
