export type Room = 'learn' | 'play' | 'lab';
const LAB_PAGES = ['data', 'leaderboard', 'exactness', 'speed'] as const;
export type LabPage = (typeof LAB_PAGES)[number];

/** The place in Learn: what stands after "#/learn/", and after the question mark. */
export interface LearnPlace {
  readonly path: string;
  readonly query: string;
}

/** The room of the address: `#/play?...`, `#/learn/coin?...`, `#/lab` or `#/lab/leaderboard`. In the hash, so that every static host works. */
export class Router {
  room = $state<Room>('play');
  /** Which page of the Lab. */
  labPage = $state<LabPage>('data');
  /** The parameters of the Play room. */
  query = $state('');
  learn = $state.raw<LearnPlace>({ path: '', query: '' });
  /** Whether one figure of Learn is shown alone, inside another page: `?embed=1#/learn/coin/flips`. */
  readonly embedded = /[?&]embed=1\b/.test(location.search);
  /**
   * Whether the address asks for the debug panel: `/?debug#/play?...`. Outside the hash, so that the links which the page writes keep it.
   */
  debug = $state(/[?&]debug\b/.test(location.search));
  /** Called after a link changed the parameters of the Play room. */
  onLink: (query: string) => void = () => undefined;
  #whenLeft: (() => void)[] = [];

  constructor() {
    this.#read();
    addEventListener('hashchange', () => {
      const before = this.query;
      this.#read();
      if (this.query !== before) this.onLink(this.query);
      if (this.room === 'learn') return;
      for (const callback of this.#whenLeft.splice(0)) callback();
    });
  }

  go(room: Room): void {
    location.hash = room === 'play' && this.query ? `#/play?${this.query}` : `#/${room}`;
  }

  goToLab(page: LabPage): void {
    location.hash = page === 'data' ? '#/lab' : `#/lab/${page}`;
  }

  /** Opens the place of a link, given as its hash: "#/play?...". */
  follow(hash: string): void {
    location.hash = hash;
  }

  /** Rewrites the parameters of the Play room without an entry in the browser's history. */
  replaceQuery(query: string): void {
    this.query = query;
    if (this.room === 'play') history.replaceState(null, '', `#/play?${query}`);
  }

  /** Rewrites the state of a chapter without an entry in the browser's history. */
  replaceLearn(path: string, query: string): void {
    if (this.room !== 'learn' || this.learn.path !== path) return;
    this.learn = { path, query };
    history.replaceState(null, '', `#/learn/${path}${query ? `?${query}` : ''}`);
  }

  /**
   * Begins `work` once another room than Learn is open. Later than now it is not waited for, and `onFailure` gets what it rejects with.
   */
  async outsideLearn(work: () => Promise<void>, onFailure: (error: unknown) => void): Promise<void> {
    if (this.room === 'learn') this.#whenLeft.push(() => void work().catch(onFailure));
    else await work();
  }

  closeDebug(): void {
    this.debug = false;
    history.replaceState(null, '', location.pathname + location.hash);
  }

  #read(): void {
    const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
    const [room, page, figure] = path.split('/');
    this.room = room === 'lab' || room === 'learn' ? room : 'play';
    if (this.room === 'learn') this.learn = { path: [page, figure].filter(Boolean).join('/'), query };
    if (this.room === 'lab') this.labPage = LAB_PAGES.find((each) => each === page) ?? 'data';
    if (this.room === 'play') this.query = query;
  }
}
