export type Room = 'play' | 'lab';

/** Which room the address names: `#/play?...` or `#/lab`. The hash alone, so that any static host will do. */
export class Router {
  room = $state<Room>('play');
  /** What stands after the question mark. */
  query = $state('');
  /** Called when a link was followed that changes the parameters of the Play room. */
  onLink: (query: string) => void = () => undefined;

  constructor() {
    this.#read();
    addEventListener('hashchange', () => {
      const before = this.query;
      this.#read();
      if (this.query !== before) this.onLink(this.query);
    });
  }

  go(room: Room): void {
    location.hash = room === 'play' && this.query ? `#/play?${this.query}` : `#/${room}`;
  }

  /** Rewrites the parameters of the Play room without a step in the browser's history. */
  replaceQuery(query: string): void {
    this.query = query;
    if (this.room === 'play') history.replaceState(null, '', `#/play?${query}`);
  }

  #read(): void {
    const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
    this.room = path === 'lab' ? 'lab' : 'play';
    if (this.room === 'play') this.query = query;
  }
}
