import {
  accept,
  eventCodec,
  reject,
  toJsonObject,
  type Decider,
  type EventCodec,
  type Projection,
} from '@login-policy/event-sourcing';

/** The smallest thing that has rules: a tally that never goes below zero. */
export type TallyEvent =
  | { readonly type: 'Raised'; readonly data: { readonly by: number } }
  | { readonly type: 'Lowered'; readonly data: { readonly by: number } };

export type TallyCommand = { readonly type: 'raise' | 'lower'; readonly by: number };

export interface TooLow {
  readonly reason: 'too-low';
  readonly at: number;
}

const byNumber = {
  upcasters: [],
  read(data: object): { readonly by: number } {
    const by: unknown = Reflect.get(data, 'by');
    if (typeof by !== 'number') throw new Error('by must be a number');
    return { by };
  },
  write: toJsonObject,
};

export const tallyEvents: EventCodec<TallyEvent> = eventCodec<TallyEvent>({ Raised: byNumber, Lowered: byNumber });

export function evolveTally(state: number, event: TallyEvent): number {
  switch (event.type) {
    case 'Raised':
      return state + event.data.by;
    case 'Lowered':
      return state - event.data.by;
  }
}

/** Raising by 0 is granted and changes nothing. */
export const tally: Decider<TallyCommand, TallyEvent, number, TooLow> = {
  initial: 0,
  evolve: evolveTally,
  decide({ type, by }, state) {
    if (by === 0) return accept();
    if (type === 'raise') return accept({ type: 'Raised', data: { by } });
    return state < by ? reject({ reason: 'too-low', at: state }) : accept({ type: 'Lowered', data: { by } });
  },
};

/** One row a tally: its value. A value of 13 can't be reduced, for tests that look at what happens then. */
export function tallies(options: { readonly unlucky?: number } = {}): Projection<TallyEvent, number> {
  return {
    name: 'tallies',
    version: 1,
    filter: { categories: ['tally'] },
    events: tallyEvents,
    rows: { encode: (row) => row, decode: Number },
    reduce(row, event) {
      const value = evolveTally(row ?? 0, event);
      if (value === options.unlucky) throw new Error(`${value} can't be reduced`);
      return value;
    },
  };
}
