/**
 * Names a value that an effect or a derived value depends on without using it: reading the argument is what makes
 * it run again.
 */
export function observe(..._values: unknown[]): void {
  // The reading has happened in the call.
}
