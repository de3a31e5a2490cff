import { placeIn, type Plan } from '@login-policy/event-sourcing/store';

/** The end of the log as it was looked up or written, which the server compares when something is built on it. */
export class LogEnd {
  /** Till when what is remembered may hold: an append is given up for lost, a read model is promoted, or another server takes over. */
  readonly era: string;
  /** The place of the last event, 0 without one. */
  readonly place: bigint;
  readonly id: string;

  constructor(era: string, place: bigint, id: string) {
    this.era = era;
    this.place = place;
    this.id = id;
  }

  /** As `append_v10` takes it. */
  get head(): string {
    return `${this.place} ${this.id}`;
  }

  /** Where the log ends once a plan is written. */
  after({ head, appends }: Plan): LogEnd {
    const last = lastOf(appends);
    return last === undefined ? this : new LogEnd(this.era, placeIn(head), last.id);
  }
}

/** The last event of a plan's appends. */
export function lastOf(appends: Plan['appends']): Plan['appends'][number]['recorded'][number] | undefined {
  return appends.findLast(({ recorded }) => recorded.length > 0)?.recorded.at(-1);
}
