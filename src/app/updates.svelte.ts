import { trustedScriptUrl } from '../engine/trusted-worker-url.ts';
import { Newest } from './newest.ts';
import { allRunsEnded } from './run-locks.ts';

/** The event with which Chromium offers to install the app; no standard type has it. */
interface InstallEvent extends Event {
  prompt(): Promise<unknown>;
}

/** What a reload depends on. */
interface UpdatePorts {
  /** Saves what would be lost, then calls `reload`; where something cannot be saved, the visitor decides. */
  readonly reload: (reload: () => void) => Promise<void>;
  /** Whether this tab trains, or measures what it trained: a reload would end that. */
  readonly busy: () => boolean;
}

/**
 * State of a new version: ready to be accepted; accepted but held back by a training run; being started by the browser; or
 * started by another tab, while this page stays with its version.
 */
export type UpdateState = 'none' | 'ready' | 'held' | 'starting' | 'taken' | 'taken during a run';

/** Offline readiness, new versions and installing. A new version waits until it is accepted. */
export class Updates {
  readonly #ports: UpdatePorts;
  #waiting = $state(false);
  #held = $state(false);
  #taken = $state(false);
  /** Everything needed without a network is cached. */
  offline = $state(false);
  installable = $state(false);
  #registration: ServiceWorkerRegistration | null = null;
  #install: InstallEvent | null = null;
  #accepted = $state(false);
  /** Ends the wait for the training runs of other tabs. */
  readonly #wait = new Newest();

  constructor(ports: UpdatePorts) {
    this.#ports = ports;
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.#install = event as InstallEvent;
      this.installable = true;
    });
    addEventListener('appinstalled', () => {
      this.installable = false;
    });
  }

  /** A new version is not offered while this tab trains. */
  get state(): UpdateState {
    const busy = this.#ports.busy();
    if (this.#held) return 'held';
    if (this.#waiting && this.#accepted) return 'starting';
    if (this.#waiting && !busy) return 'ready';
    if (this.#taken) return busy ? 'taken during a run' : 'taken';
    return 'none';
  }

  /** Only a built app has a service worker. */
  async register(): Promise<void> {
    // No service workers in some private windows and on plain http: the app then works online.
    const container = (navigator as Partial<Navigator>).serviceWorker;
    if (!container || !import.meta.env.PROD) return;
    this.offline = container.controller !== null;
    // The first service worker takes over without a notice.
    const before = await container.getRegistration().catch(() => undefined);
    let first = !before?.active;
    container.addEventListener('controllerchange', () => {
      if (this.#accepted) {
        // The visitor may decline this reload: a version after this one has to be accepted anew.
        this.#accepted = false;
        void this.reload();
      } else if (!first) this.#taken = true;
      first = false;
      if (this.#registration) this.#readState(this.#registration);
    });
    const registration = await this.#registered(container);
    if (!registration) return;
    this.#registration = registration;
    void container.ready.then(() => {
      this.offline = true;
    });
    // The service worker then deletes the files of versions that no page runs.
    registration.active?.postMessage({ type: 'PAGE_STARTED' });
    this.#readState(registration);
    registration.addEventListener('updatefound', () => {
      registration.installing?.addEventListener('statechange', () => this.#readState(registration));
    });
    setInterval(() => void registration.update().catch(() => undefined), 60 * 60 * 1000);
  }

  /** Null where the browser or its settings refuse: the app then works online. */
  async #registered(container: ServiceWorkerContainer): Promise<ServiceWorkerRegistration | null> {
    try {
      const url = trustedScriptUrl(`${import.meta.env.BASE_URL}sw.js`);
      return await container.register(url);
    } catch {
      return null;
    }
  }

  /** Starts the waiting version, which reloads this page, as soon as no tab trains. */
  async accept(): Promise<void> {
    this.cancel();
    const ended = await allRunsEnded(this.#wait.begin(), () => {
      this.#held = true;
    });
    if (!ended) return;
    // This tab may have started a run meanwhile: the version is offered again after it.
    if (this.#ports.busy()) this.cancel();
    else await this.startNow();
  }

  /** Starts the waiting version although other tabs train. They stay with their version. */
  async startNow(): Promise<void> {
    this.cancel();
    const waiting = this.#registration?.waiting;
    if (waiting) {
      this.#accepted = true;
      waiting.postMessage({ type: 'SKIP_WAITING' });
    } else {
      // Another tab has started it: only the reload is left to do.
      await this.reload();
    }
  }

  /** Takes back that the version was accepted. */
  cancel(): void {
    this.#wait.abort();
    this.#held = false;
  }

  /** Reloads this page, with the newest version that was started, once everything is saved. */
  async reload(): Promise<void> {
    await this.#ports.reload(() => location.reload());
  }

  async install(): Promise<void> {
    await this.#install?.prompt();
    this.#install = null;
    this.installable = false;
  }

  #readState(registration: ServiceWorkerRegistration): void {
    this.#waiting = registration.waiting !== null && registration.active !== null;
  }
}
