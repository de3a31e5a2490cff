import type { Io } from '../io.js';

const WIDTH = 30;
/** The number of items between two progress lines: on a terminal, and elsewhere. */
const [SHOWN_EVERY, TOLD_EVERY] = [100, 10_000];

/** Shows progress on stderr: a bar on a terminal, otherwise an occasional line. */
export class Progress {
  readonly #io: Pick<Io, 'err'>;
  readonly #what: string;
  #shownTenth = 0;
  #nextTold = 1;

  constructor(io: Pick<Io, 'err'>, what: string) {
    this.#io = io;
    this.#what = what;
  }

  /** Shows progress with a known total. */
  show(done: number, of: number): void {
    const { err } = this.#io;
    const part = of === 0 ? 1 : Math.min(1, done / of);
    if (err.isTerminal) {
      const full = Math.round(part * WIDTH);
      err.write(`\r${this.#what} [${'='.repeat(full)}${' '.repeat(WIDTH - full)}] ${done} of ${of}`);
      return;
    }
    const tenth = Math.floor(part * 10);
    if (tenth <= this.#shownTenth) return;
    this.#shownTenth = tenth;
    err.write(`${this.#what}: ${done} of ${of}\n`);
  }

  /** Shows progress without a known total. */
  count(done: number, what: string): void {
    const { err } = this.#io;
    if (done < this.#nextTold) return;
    this.#nextTold = done + (err.isTerminal ? SHOWN_EVERY : TOLD_EVERY);
    err.write(err.isTerminal ? `\r${this.#what} ${done} ${what}` : `${this.#what} ${done} ${what}\n`);
  }

  /** Ends the line of the bar. */
  end(): void {
    if (this.#io.err.isTerminal) this.#io.err.write('\n');
  }
}
