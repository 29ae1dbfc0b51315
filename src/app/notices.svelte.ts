interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
}

export interface Notice {
  readonly id: string;
  readonly tone: 'note' | 'warning' | 'error';
  readonly text: string;
  readonly action: NoticeAction | null;
  /** An alternative to the first action. */
  readonly secondAction: NoticeAction | null;
  readonly dismissable: boolean;
}

/** Messages above the room, one an id: a second `say` with the same id replaces the first. */
export class Notices {
  list = $state.raw<readonly Notice[]>([]);

  say(id: string, text: string, options: Partial<Omit<Notice, 'id' | 'text'>> = {}): void {
    const notice: Notice = {
      id,
      text,
      tone: 'note',
      action: null,
      secondAction: null,
      dismissable: true,
      ...options,
    };
    const at = this.list.findIndex((each) => each.id === id);
    this.list = at < 0 ? [...this.list, notice] : this.list.map((each) => (each.id === id ? notice : each));
  }

  drop(id: string): void {
    if (this.list.some((each) => each.id === id)) this.list = this.list.filter((each) => each.id !== id);
  }
}
