import type { Io } from '../io.js';

const WIDTH = 30;
/** The number of items between two updates on a terminal, and between two lines elsewhere. */
const [TERMINAL_STEP, LOG_STEP] = [100, 10_000];

/** Shows progress on stderr: a bar on a terminal, otherwise an occasional line. */
export class Progress {
  readonly #io: Pick<Io, 'err'>;
  readonly #label: string;
  #lastTenth = 0;
  #nextCount = 1;

  constructor(io: Pick<Io, 'err'>, label: string) {
    this.#io = io;
    this.#label = label;
  }

  /** Shows progress with a known total. */
  show(done: number, total: number): void {
    const { err } = this.#io;
    const share = total === 0 ? 1 : Math.min(1, done / total);
    if (err.isTerminal) {
      const filled = Math.round(share * WIDTH);
      err.write(`\r${this.#label} [${'='.repeat(filled)}${' '.repeat(WIDTH - filled)}] ${done} of ${total}`);
      return;
    }
    const tenth = Math.floor(share * 10);
    if (tenth <= this.#lastTenth) return;
    this.#lastTenth = tenth;
    err.write(`${this.#label}: ${done} of ${total}\n`);
  }

  /** Shows progress without a known total. */
  count(done: number, unit: string): void {
    const { err } = this.#io;
    if (done < this.#nextCount) return;
    this.#nextCount = done + (err.isTerminal ? TERMINAL_STEP : LOG_STEP);
    err.write(err.isTerminal ? `\r${this.#label} ${done} ${unit}` : `${this.#label} ${done} ${unit}\n`);
  }

  /** Ends the line of the bar. */
  end(): void {
    if (this.#io.err.isTerminal) this.#io.err.write('\n');
  }
}
