/**
 * Names values that an effect or a derived value depends on without using them: reading the arguments is what makes
 * it run again.
 */
export function observe(...values: unknown[]): readonly unknown[] {
  return values;
}
