import type { Peers } from '../peers/peers.js';
import type { Scratch } from './scratch.js';

/** The conditions of a measurement. */
export interface Conditions {
  /** The smallest numbers, and ours alone: to check that it runs and not how fast. */
  readonly isQuick: boolean;
  /** A folder on a real disk, deleted after the row. */
  readonly scratch: Scratch;
  readonly peers: Peers;
}

/** One measurement in the row's unit: by the clock, and by the processor time of the working process. */
export interface Figure {
  readonly byClock: number;
  /** Absent where it has no meaning. */
  readonly byProcessor?: number;
}

/** One way to do a row's work. `raw` is what a careful engineer writes for it with the driver alone. */
export interface Contender {
  readonly name: string;
  /** How it does the work, so that readers can check that it is the same. */
  readonly method: string;
  /** Does the work once. */
  measure(): Promise<Figure>;
}

/** The target of `ours`: a multiple of `raw` or of a named contender, or a figure in the row's unit. */
export type Target = { readonly bound: 'at least' | 'at most' } & (
  | { readonly times: number; readonly of?: string; readonly figure?: never }
  | { readonly figure: number; readonly times?: never }
);

/** A row of the table: one kind of work, done in several alternating ways. */
export interface Row {
  /** The name for `npm run bench ROW`. It ends with the group of its table. */
  readonly name: string;
  readonly work: string;
  /** A rate (`…/s`), or a unit of which less is better. */
  readonly unit: string;
  /** Warm-up rounds for the compiler, where no fresh process is measured. */
  readonly warmUps: number;
  readonly target?: Target;
  /** `ours` first, then `raw`. */
  contenders(conditions: Conditions): Promise<readonly Contender[]>;
}

/** Whether a contender, or its figures, is of our code. */
export function isOurs({ name }: Pick<Contender, 'name'>): boolean {
  return name.startsWith('ours');
}

/** The group of a row. */
export function groupOf({ name }: Row): string {
  return name.slice(name.lastIndexOf('-') + 1);
}
