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

/**
 * What one measurement gave, in the row's unit: by the clock, and by the processor time of the process that did the
 * work.
 */
export interface Figure {
  readonly byClock: number;
  /** Absent where it says nothing. */
  readonly byProcessor?: number;
}

/**
 * One way to do a row's work. `raw` is what a careful engineer writes by hand for the same work with the driver alone.
 */
export interface Contender {
  readonly name: string;
  /** How it does the work, for a reader who doubts that it is the same. */
  readonly how: string;
  /** Does the work once. */
  measure(): Promise<Figure>;
}

/**
 * What `ours` must reach: so many times `raw`, or another contender where one is named, or so much in the row's unit.
 */
export type Target = { readonly bound: 'at least' | 'at most' } & (
  | { readonly times: number; readonly of?: string; readonly figure?: never }
  | { readonly figure: number; readonly times?: never }
);

/** A row of the table: one kind of work, done in several ways that take turns. */
export interface Row {
  /** What `npm run bench ROW` picks it by. It ends with the group whose table it stands in. */
  readonly name: string;
  readonly work: string;
  /** A rate (`…/s`), or a unit of which less is better. */
  readonly unit: string;
  /** Rounds before those that count: the compiler gets its time where a fresh process is not what is measured. */
  readonly warmUps: number;
  readonly target?: Target;
  /** `ours` stands first, then `raw`. */
  contenders(setting: Setting): Promise<readonly Contender[]>;
}

/** The group of a row. */
export function groupOf({ name }: Row): string {
  return name.slice(name.lastIndexOf('-') + 1);
}
