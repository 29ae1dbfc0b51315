import { trustedScriptUrl } from '../engine/trusted-worker-url.ts';

/** The event with which Chromium offers to install the app; no standard type has it. */
interface InstallEvent extends Event {
  prompt(): Promise<unknown>;
}

/** Offline readiness, new versions and installing. A new version waits until it is accepted. */
export class Updates {
  /** A newer version lies ready. */
  waiting = $state(false);
  /** Everything needed without a network is here. */
  offline = $state(false);
  installable = $state(false);
  #registration: ServiceWorkerRegistration | null = null;
  #install: InstallEvent | null = null;
  #accepted = false;

  constructor() {
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.#install = event as InstallEvent;
      this.installable = true;
    });
    addEventListener('appinstalled', () => {
      this.installable = false;
    });
  }

  /** Only a built app has a service worker. */
  async register(): Promise<void> {
    // No service workers in some private windows and on plain http: the app then works online.
    const container = (navigator as Partial<Navigator>).serviceWorker;
    if (!container || !import.meta.env.PROD) return;
    this.offline = container.controller !== null;
    container.addEventListener('controllerchange', () => {
      // The first worker takes over without a word; a later one only after the visitor's yes.
      if (this.#accepted) location.reload();
    });
    const registration = await this.#registered(container);
    if (!registration) return;
    this.#registration = registration;
    void container.ready.then(() => {
      this.offline = true;
    });
    this.#look(registration);
    registration.addEventListener('updatefound', () => {
      registration.installing?.addEventListener('statechange', () => this.#look(registration));
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

  /** Starts the waiting version: it reloads the page. */
  accept(): void {
    this.#accepted = true;
    this.#registration?.waiting?.postMessage({ type: 'SKIP_WAITING' });
  }

  async install(): Promise<void> {
    await this.#install?.prompt();
    this.#install = null;
    this.installable = false;
  }

  #look(registration: ServiceWorkerRegistration): void {
    this.waiting = registration.waiting !== null && registration.active !== null;
  }
}
