/** Errors of a connection that the browser has closed. */
const LOST = new Set(['InvalidStateError', 'AbortError', 'UnknownError']);

/** Whether the same transaction may succeed on a fresh connection. */
export function isLostConnection(error: unknown): boolean {
  return error instanceof DOMException && LOST.has(error.name);
}

/** A sentence for the visitor on an error of the storage; null for every other error, which is a bug. */
export function describeFailure(error: unknown): string | null {
  if (!(error instanceof DOMException)) return null;
  switch (error.name) {
    case 'QuotaExceededError':
      return 'storage: it is full, and nothing was changed: export what you want to keep, delete some data sets or models, then try again';
    case 'VersionError':
      return 'storage: a newer version of Inkling has taken it over: reload this page';
    case 'SecurityError':
    case 'NotAllowedError':
      return 'storage: this browser does not allow it here';
    // Invalid arguments: a bug of the caller.
    case 'DataError':
    case 'DataCloneError':
    case 'NotFoundError':
    case 'ReadOnlyError':
    case 'TransactionInactiveError':
      return null;
    default:
      return `storage: the browser refused it (${error.name}), and nothing was changed`;
  }
}
