import { onLaunch, takeShared } from './incoming.ts';
import type { OpenPorts } from './ports.ts';

/** Files from outside of the page's own controls: dropped, pasted, shared to the app, opened with it. What opens them is fetched with the first. */
export class FileOpening {
  readonly #ports: OpenPorts;

  constructor(ports: OpenPorts) {
    this.#ports = ports;
  }

  /** Takes what was shared to the app, and from now on what it is opened with. */
  async start(): Promise<void> {
    onLaunch((files) => void this.open(files));
    const shared = await takeShared();
    if (shared && shared.length > 0) await this.open(shared);
    else if (shared) this.#warn('Nothing that can be opened was shared.');
  }

  async open(files: readonly File[]): Promise<void> {
    try {
      const { openFiles } = await import('./open-files.ts');
      await openFiles(files, this.#ports);
    } catch {
      this.#warn('What opens files could not be fetched: check the connection, then try again.');
    }
  }

  /** Browsers hand folders over without their files. */
  refuseFolders(): void {
    this.#warn('Folders cannot be opened here: make a zip file of the folder, and open that.');
  }

  #warn(text: string): void {
    this.#ports.notices.say('files', text, { tone: 'warning' });
  }
}
