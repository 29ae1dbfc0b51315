/** Bytes used and allowed for this site. */
export interface StorageEstimate {
  readonly usage: number;
  readonly quota: number;
}

/** As the browser estimates; null where it does not. */
export async function storageEstimate(): Promise<StorageEstimate | null> {
  try {
    const { usage, quota } = (await storageManager()?.estimate()) ?? {};
    return usage === undefined || quota === undefined ? null : { usage, quota };
  } catch {
    return null;
  }
}

/** Whether the browser has promised not to clear the storage when the disk runs low; null where it does not say. */
export async function isPersistent(): Promise<boolean | null> {
  try {
    return (await storageManager()?.persisted()) ?? null;
  } catch {
    return null;
  }
}

/** Asks for that promise; some browsers ask the visitor. True where it is given. */
export async function askToPersist(): Promise<boolean> {
  try {
    return (await storageManager()?.persist()) ?? false;
  } catch {
    return false;
  }
}

/** Missing in private windows of some browsers, and on plain http. */
function storageManager(): StorageManager | undefined {
  return (globalThis.navigator as Navigator | undefined)?.storage;
}
