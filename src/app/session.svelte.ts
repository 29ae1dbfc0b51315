import { takeRows } from '../data/dataset.ts';
import type { GreyImages } from '../data/images.ts';
import { createEngine } from '../engine/client.ts';
import { families } from '../models/registry.ts';
import { fetchDigits } from './assets.ts';
import { BackendState } from './backend.svelte.ts';
import { Counting } from './counting.ts';
import { formatExperiment, parseExperiment, type Choice, type Experiment } from './experiment.ts';
import { Motion } from './motion.svelte.ts';
import { Notices } from './notices.svelte.ts';
import { Pad, type Seen } from './pad.svelte.ts';
import { Reader, type Side } from './reader.svelte.ts';
import { Router } from './router.svelte.ts';
import { Theme } from './theme.svelte.ts';
import { Turn } from './turn.ts';
import { Updates } from './updates.svelte.ts';
import { Walls } from './walls.svelte.ts';

/** Everything that the page holds: made once, by main.ts. */
export class Session {
  readonly theme = new Theme();
  readonly motion = new Motion();
  readonly router = new Router();
  readonly notices = new Notices();
  readonly updates = new Updates();
  readonly pad = new Pad();
  readonly #client = createEngine();
  readonly #engine = this.#client.engine;
  readonly backend = new BackendState(this.#engine, this.notices);
  readonly readers: Readonly<Record<Side, Reader>> = {
    left: new Reader('left', this.#engine),
    right: new Reader('right', this.#engine),
  };
  readonly walls = new Walls(this.#engine, this.readers);
  readonly #turn = new Turn();
  readonly #counting = new Counting(this.#engine, this.#turn);
  experiment = $state.raw<Experiment>(parseExperiment('', families));
  testDigits = $state.raw<GreyImages | null>(null);
  #starter: GreyImages | null = null;
  #serial: Record<Side, number> = { left: 0, right: 0 };

  async start(): Promise<void> {
    this.#followLink(this.router.query);
    for (const side of ['left', 'right'] as const)
      this.readers[side].onModel = (_, now) => now && this.walls.reopen(side);
    this.walls.onChange = () => this.#change({ seed: this.walls.seed, temperature: this.walls.temperature });
    this.#client.onDeath((reason) => this.#mourn(reason));
    void this.backend.watch();
    await Promise.all([this.#digits(), this.#models()]);
  }

  /** Both readers read the drawing; what they are asked meanwhile waits. */
  readDrawing(seen: Seen): void {
    for (const reader of Object.values(this.readers)) reader.read(seen.packed);
  }

  choose(side: Side, choice: Choice): void {
    this.#change(side === 'left' ? { left: choice } : { right: choice });
    void this.#seat(side, choice);
  }

  layTestDigit(): void {
    const digits = this.testDigits;
    if (!digits) return;
    const index = Math.floor(Math.random() * digits.count);
    this.#lay(digits, index);
  }

  #lay(digits: GreyImages, index: number): void {
    const one = takeRows(digits, [index]);
    this.pad.lay(one.pixels, 'test digit');
    this.pad.said = `A test digit lies on the pad: a ${one.labels?.[0] ?? 'digit'}.`;
  }

  async #digits(): Promise<void> {
    const digits = await fetchDigits('starter-test');
    if (!digits.ok) {
      this.notices.say('digits', `Test digits: ${digits.reason}`, { tone: 'warning' });
      return;
    }
    this.testDigits = digits.value;
    if (this.pad.version === 0) this.#lay(digits.value, 7);
  }

  async #models(): Promise<void> {
    const starter = await fetchDigits('starter');
    if (!starter.ok) {
      this.notices.say('starter', `Starter digits: ${starter.reason}`, { tone: 'error' });
      return;
    }
    this.#starter = starter.value;
    await Promise.all((['left', 'right'] as const).map((side) => this.#seat(side, this.experiment[side])));
  }

  async #seat(side: Side, choice: Choice): Promise<void> {
    const serial = ++this.#serial[side];
    const reader = this.readers[side];
    reader.choice = choice;
    reader.state = 'preparing';
    reader.note = '';
    if (choice.kind === 'kept' || !this.#starter) return;
    const { family, hyper } = choice;
    try {
      const model = await this.#counting.count(family, hyper, this.#starter, this.experiment.binarisation);
      if (serial !== this.#serial[side]) return;
      if (model.ok) {
        await reader.seat(model.value);
      } else {
        reader.state = 'failed';
        reader.note = model.reason;
      }
    } catch (error) {
      reader.state = 'failed';
      reader.note = error instanceof Error ? error.message : String(error);
    }
  }

  #followLink(query: string): void {
    this.experiment = parseExperiment(query, families);
    this.walls.seed = this.experiment.seed;
    this.walls.temperature = this.experiment.temperature;
  }

  #change(part: Partial<Experiment>): void {
    this.experiment = { ...this.experiment, ...part };
    this.router.replaceQuery(formatExperiment(this.experiment));
  }

  #mourn(reason: string): void {
    this.notices.say(
      'death',
      `The engine stopped: ${reason} Your drawing and everything saved are untouched.`,
      {
        tone: 'error',
        dismissable: false,
        action: { label: 'Restart the engine', run: () => void this.#revive() },
      },
    );
  }

  async #revive(): Promise<void> {
    this.notices.drop('death');
    this.#client.restart();
    void this.backend.watch();
    await Promise.all(Object.values(this.readers).map((reader) => reader.reseat()));
    this.walls.restart();
  }
}
