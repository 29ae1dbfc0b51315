/** Names of the ways in which a browser drops a connection that it had granted. */
const LOST = new Set(['InvalidStateError', 'AbortError', 'UnknownError']);

/** Whether a fresh connection may succeed where this error struck. */
export function isLostConnection(error: unknown): boolean {
  return error instanceof DOMException && LOST.has(error.name);
}

/** A plain sentence for an error of the storage itself; null for everything else, which is a bug. */
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
    // Thrown for arguments that no browser would take: the caller's mistake.
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
