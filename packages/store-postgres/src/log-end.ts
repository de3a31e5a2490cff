import { acrossCopies } from '@login-policy/event-sourcing';
import { ordinalOf, type Plan } from '@login-policy/event-sourcing/store';

/** The end of the log at the last look-up or write. The server refuses a plan that was made at another end. */
export class LogEnd {
  /**
   * The cache epoch: it changes when an append with an unknown outcome is given up, a read model is promoted, or
   * another server takes over.
   */
  readonly epoch: string;
  /** The number of the last event in the log, from 1; 0 for an empty log. */
  readonly ordinal: bigint;
  readonly id: string;

  constructor(epoch: string, ordinal: bigint, id: string) {
    this.epoch = epoch;
    this.ordinal = ordinal;
    this.id = id;
  }

  /** The last event in the format of `append`. */
  get head(): string {
    return `${this.ordinal} ${this.id}`;
  }

  /** The end of the log after a plan was written. */
  after({ head, appends }: Plan): LogEnd {
    const last = lastEventOf(appends);
    return last === undefined ? this : new LogEnd(this.epoch, ordinalOf(head), last.id);
  }
}
acrossCopies(LogEnd, 'LogEnd');

/** The last event of a plan's appends; `undefined` when they have no events. */
export function lastEventOf(appends: Plan['appends']): Plan['appends'][number]['recorded'][number] | undefined {
  return appends.findLast(({ recorded }) => recorded.length > 0)?.recorded.at(-1);
}
