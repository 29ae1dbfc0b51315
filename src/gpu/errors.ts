/** The device was lost or destroyed, before a call or while work was pending. */
export class GpuLostError extends Error {
  override readonly name = 'GpuLostError';
}

/** WebGPU rejected a call, with a message of the driver or of validation: a bug, or memory does not suffice. */
export class GpuError extends Error {
  override readonly name: string = 'GpuError';
}

/** A kernel was called with other names than its WGSL declares. */
export class MissingBindingError extends Error {
  override readonly name = 'MissingBindingError';

  constructor(
    kernel: string,
    what: 'binding' | 'parameter',
    declared: Iterable<string>,
    given: Iterable<string>,
  ) {
    const wanted = [...declared];
    const got = [...given];
    const missing = wanted.filter((name) => !got.includes(name));
    const unknown = got.filter((name) => !wanted.includes(name));
    const parts = [
      missing.length > 0 ? `missing ${what}s: ${missing.join(', ')}` : '',
      unknown.length > 0 ? `unknown ${what}s: ${unknown.join(', ')}` : '',
    ].filter((part) => part !== '');
    super(`${kernel}: ${parts.join('; ')} (declared: ${wanted.join(', ')})`);
  }
}
