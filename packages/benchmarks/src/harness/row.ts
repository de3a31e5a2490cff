import type { Peers } from '../peers/peers.js';
import type { Scratch } from './scratch.js';

/** Under what a row is measured. */
export interface Setting {
  /** Smaller numbers: to see that it runs, not how fast. */
  readonly isQuick: boolean;
  /** Files on a real disk, gone when the row is done. */
  readonly scratch: Scratch;
  readonly peers: Peers;
}

/** One way to do a row's work. `raw` is the driver or plain JavaScript by hand, doing the same. */
export interface Contender {
  readonly name: string;
  /** How it does the work, for a reader who doubts that it is the same. */
  readonly how: string;
  /** Does the work once, on a fresh place, and answers with the figure in the row's unit. */
  measure(): Promise<number>;
}

/** What a row must reach, and whether it did. */
export interface Verdict {
  readonly wanted: string;
  readonly found: string;
  readonly isMet: boolean;
}

/** The median figure of a contender; NaN for one that failed or was left out. */
export type Medians = (contender: string) => number;

/** A row of the table: one kind of work, done in several ways that take turns. */
export interface Row {
  /** What `npm run bench -- <name>` picks it by. */
  readonly name: string;
  readonly work: string;
  readonly unit: string;
  /** Rounds before those that count: where a fresh process is not what is measured, the compiler gets its time. */
  readonly warmUps: number;
  /** The first of them is what the ratios are taken against. */
  contenders(setting: Setting): Promise<readonly Contender[]>;
  judge(medians: Medians): readonly Verdict[];
}
