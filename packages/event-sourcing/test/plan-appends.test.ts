import {
  eventCodec,
  type EventId,
  instant,
  isFault,
  type Position,
  type Projection,
  revision,
  START,
  streamId,
  type StreamId,
} from '@login-policy/event-sourcing';
import type { Append, Plan, StreamEnd } from '@login-policy/event-sourcing/store';
import {
  CachedRows,
  encodedAppend,
  OpenedModel,
  planAppends,
  type Queued,
  receiptName,
  type Outcome,
  type View,
} from '#insides';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';

interface Counted {
  readonly type: 'Counted';
  readonly data: { readonly by: number };
}

/** Sums: 13 can't be reduced, and a sum of 7 can't be encoded. */
function sums(name: string, key?: () => string): Projection<Counted, number> {
  return {
    name,
    version: 1,
    filter: { categories: ['sum'] },
    events: eventCodec<Counted>({
      Counted: { upcasters: [], read: (data) => ({ by: Number(data['by']) }), write: ({ by }) => ({ by }) },
    }),
    ...(key !== undefined && { key }),
    rows: {
      encode(sum) {
        if (sum === 7) throw new TypeError('7 can not be encoded');
        return sum;
      },
      decode: Number,
    },
    index: (sum) => ({ parity: sum % 2 === 0 ? 'even' : 'odd' }),
    reduce(sum = 0, { data }) {
      if (data.by === 13) throw new TypeError('13 can not be reduced');
      return sum + data.by === 0 ? undefined : sum + data.by;
    },
  };
}

function openedModel(projection: Projection<Counted, number>): OpenedModel {
  return new OpenedModel(projection, new CachedRows(projection, { store: 'a store', form: 'text' }));
}

const models = [sums('each'), sums('all', () => 'all')].map((projection) => openedModel(projection));
const streams = ['sum-a', 'sum-b', 'other-c'].map((name) => streamId(...halves(name)));

function halves(name: string): [category: string, key: string] {
  const [category = '', key = ''] = name.split('-');
  return [category, key];
}

/** All that there is at one moment. */
interface State {
  readonly head: Position;
  readonly ends: ReadonlyMap<StreamId, StreamEnd>;
  readonly receipts: ReadonlySet<string>;
  /** By read model and key: the row, its text and its index entries. */
  readonly rows: ReadonlyMap<string, { readonly row: unknown; readonly text: unknown; readonly indexed: unknown }>;
}

const NOTHING: State = { head: START, ends: new Map(), receipts: new Set(), rows: new Map() };

function viewOf({ head, ends, receipts, rows }: State): View {
  return {
    head,
    unreadable: new Map(),
    ends,
    receipts,
    models: models.map((opened, index) => ({
      opened,
      id: String(index),
      checkpoint: head,
      storedRow: (key) => ({ row: rows.get(`${index} ${key}`)?.row }),
    })),
  };
}

/** What is there once a plan is written. */
function after({ ends, receipts, rows }: State, plan: Plan): State {
  const written = new Map(rows);
  for (const { id, rows: changes } of plan.models) {
    for (const { key, row, text, indexed } of changes) {
      const before = written.get(`${id} ${key}`);
      if (row === undefined) written.delete(`${id} ${key}`);
      else written.set(`${id} ${key}`, { row, text, indexed: indexed ?? before?.indexed });
    }
  }
  const names = plan.appends.flatMap(({ append: { streamId: stream, receipt } }) =>
    receipt === undefined ? [] : [receiptName({ streamId: stream, key: receipt.key })],
  );
  const ended = plan.appends.map(
    ({ append, end }) => [append.streamId, { id: end.id, revision: end.revision, recordedAt: end.recordedAt }] as const,
  );
  return {
    head: plan.head,
    ends: new Map([...ends, ...ended]),
    receipts: new Set([...receipts, ...names]),
    rows: written,
  };
}

function planning(now: () => number): Parameters<typeof planAppends>[2] {
  return { clock: () => instant(now()), form: 'text' };
}

/** A clock that goes back now and then. */
function clockOf(times: readonly number[]): () => number {
  let looks = 0;
  return () => times[looks++ % times.length] ?? 0;
}

function toldOf(outcome: Outcome | undefined): unknown {
  if (outcome === undefined || 'recorded' in outcome) return outcome?.recorded;
  const { refused } = outcome;
  return isFault(refused) ? [refused.code, refused.message] : String(refused);
}

/** What an append may be; what it expects is settled when its turn comes. */
interface Wish {
  readonly stream: number;
  readonly expects: 'any' | 'no-stream' | 'first' | 'other-event';
  readonly events: readonly number[];
  readonly key: string | undefined;
}

const wishes: fc.Arbitrary<readonly Wish[]> = fc.array(
  fc.record({
    stream: fc.nat({ max: streams.length - 1 }),
    expects: fc.constantFrom('any', 'any', 'any', 'no-stream', 'first', 'other-event'),
    events: fc.array(fc.constantFrom(1, 2, -1, 3, 13), { maxLength: 3 }),
    key: fc.constantFrom(undefined, undefined, 'k', 'l'),
  }),
  { maxLength: 12 },
);

function expectedBy(expects: Wish['expects']): Append['expected'] {
  if (expects === 'first') return revision(0);
  return expects === 'other-event' ? 'any' : expects;
}

function appendOf({ stream, expects, events, key }: Wish): Queued {
  const [id = streamId('sum', 'a')] = streams.slice(stream);
  const other: EventId = newEvent().id;
  const append: Append = {
    streamId: id,
    expected: expectedBy(expects),
    ...(expects === 'other-event' && { expectedEventId: other }),
    events: events.map((by) => newEvent({ data: { by } })),
    ...((key !== undefined || events.length === 0) && { receipt: { key: key ?? 'm', fingerprint: 'f' } }),
  };
  return { append: encodedAppend(append), isBegun: false };
}

describe('the plan of a group of appends', () => {
  it('refuses an append to a stream whose end can not be read, and only that one', () => {
    const group = [0, 1].map((stream) => appendOf({ stream, expects: 'any', events: [1], key: undefined }));
    const unreadable = new Map(streams.slice(0, 1).map((id) => [id, 'spoilt']));
    const { plan, result } = planAppends(group, { ...viewOf(NOTHING), unreadable }, planning(Date.now));
    expect([result[0], plan.appends.length]).to.deep.equal([{ refused: 'spoilt' }, 1]);
  });

  it('equals the plans of the same appends one by one', () => {
    fc.assert(
      fc.property(wishes, fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1 }), (wished, times) => {
        const group = wished.map(appendOf);
        const together = planAppends(group, viewOf(NOTHING), planning(clockOf(times)));
        const [clock, alone]: [() => number, Outcome[]] = [clockOf(times), []];
        let state = NOTHING;
        for (const append of group) {
          const { plan, result } = planAppends([append], viewOf(state), planning(clock));
          alone.push(...result);
          state = after(state, plan);
        }
        expect(together.result.map(toldOf)).to.deep.equal(alone.map(toldOf));
        expect(after(NOTHING, together.plan)).to.deep.equal(state);
      }),
      { numRuns: 2000 },
    );
  });

  it('moves the checkpoint of each read model at the head, also of one whose rows stay', () => {
    const { plan } = planAppends(
      [appendOf({ stream: 2, expects: 'any', events: [1], key: undefined })],
      viewOf(NOTHING),
      planning(() => 0),
    );
    const step = { checkpoint: plan.head, expected: START };
    expect(plan.models).to.deep.equal(['0', '1'].map((id) => ({ id, rows: [], ...step })));
  });

  it('leaves the idempotency key of a refused append free for the next append of the group', () => {
    const [empty, next] = [[], [1]].map((events) => appendOf({ stream: 0, expects: 'any', events, key: 'k' }));
    const group = [empty, next].flatMap((append) => append ?? []);
    const { plan, result } = planAppends(
      group,
      viewOf(NOTHING),
      planning(() => 0),
    );
    expect(result.map((outcome) => 'recorded' in outcome)).to.deep.equal([false, true]);
    expect(plan.appends.map(({ append }) => append)).to.deep.equal([next?.append]);
  });

  it('refuses only the append whose row has a text that is not JSON, and names the read model and the row', () => {
    const text = (sum: number): string => (sum === 2 ? '[' : `${sum}`);
    const careless = { ...sums('each'), rows: { encode: Number, text, decode: Number } };
    const { models: found, ...view } = viewOf(NOTHING);
    const { plan, result } = planAppends(
      [1, 2, 3].map((by, stream) => appendOf({ stream: stream % 2, expects: 'any', events: [by], key: undefined })),
      { ...view, models: found.slice(0, 1).map((model) => ({ ...model, opened: openedModel(careless) })) },
      planning(() => 0),
    );
    expect(result.map((outcome) => 'recorded' in outcome)).to.deep.equal([true, false, true]);
    expect(toldOf(result[1])).to.have.property('0', 'unserialisable-data');
    expect(toldOf(result[1])).to.have.property('1').that.includes('row "sum-b" of read model each.v1');
    expect(plan.models).to.have.nested.property('[0].rows.length', 1);
  });

  it('is empty if every append is refused', () => {
    const refused = appendOf({ stream: 0, expects: 'first', events: [1], key: undefined });
    const { plan, result } = planAppends(
      [refused],
      viewOf(NOTHING),
      planning(() => 0),
    );
    expect(result.map(toldOf)).to.have.nested.property('[0][0]', 'revision-conflict');
    expect(plan).to.deep.include({ head: START, appends: [], models: [] });
  });
});
