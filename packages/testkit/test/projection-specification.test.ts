import { Fault, type Projection, streamId } from '@login-policy/event-sourcing';
import {
  counterEvents,
  counterTotals,
  EventPlacer,
  fixedClock,
  projectionSpecification,
  type CounterEvent,
  type CounterRow,
} from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const given = projectionSpecification(counterTotals);
const counted = (by: number): CounterEvent => ({ type: 'Counted', data: { by } });
const removed: CounterEvent = { type: 'CounterRemoved', data: { at: 0 } };
const countedAt = fixedClock('2024-06-13T06:44:39.050Z')();
const row = (total: number, revision: bigint): CounterRow => ({ total, revision, countedAt });

describe('given events, a projection', () => {
  it('passes for the rows that came, and for those that did not', () => {
    given(counted(1), counted(2)).thenRow('Counter-1', row(3, 1n));
    given(counted(1)).thenRow('Counter-2', undefined);
    given(counted(1), removed).thenRow('Counter-1', undefined);
    given(counted(1), removed, counted(5)).thenRows(new Map([['Counter-1', row(5, 2n)]]));
    given().thenRows(new Map());
  });

  it('fails for another row, none or one too many', () => {
    const rows = given(counted(1), counted(2));
    expect(() => rows.thenRow('Counter-1', row(4, 1n))).to.throw('row "Counter-1".total is 3, and 4 was expected');
    expect(() => rows.thenRow('Counter-1', undefined)).to.throw('and undefined was expected');
    expect(() => rows.thenRow('Counter-2', row(3, 1n))).to.throw('row "Counter-2" is undefined');
    expect(() => rows.thenRows(new Map())).to.throw('rows["Counter-1"]');
    const oneMore = new Map([
      ['Counter-1', row(3, 1n)],
      ['Counter-2', row(3, 1n)],
    ]);
    expect(() => rows.thenRows(oneMore)).to.throw('rows["Counter-2"] is undefined');
  });

  it('takes recorded events of several streams, and leaves out those its filter holds back', () => {
    const placer = new EventPlacer();
    const [left, right, other] = [streamId('Counter', 'left'), streamId('Counter', 'right'), streamId('Other', 'left')];
    const streams = [left, right, other, left];
    const events = streams.map((stream, index) => placer.record(counterEvents, counted(index + 1), stream));
    given(...events).thenRows(
      new Map([
        [left, row(5, 1n)],
        [right, row(2, 0n)],
      ]),
    );
  });

  it('holds the projection to its codecs, as a store does', () => {
    const rounding: Projection<CounterEvent, CounterRow> = {
      ...counterTotals,
      rows: { ...counterTotals.rows, decode: (stored) => ({ ...counterTotals.rows.decode(stored), total: 0 }) },
    };
    projectionSpecification(rounding)(counted(7)).thenRow('Counter-1', row(0, 0n));
    const unreadable: Projection<CounterEvent, CounterRow> = {
      ...counterTotals,
      events: {
        ...counterEvents,
        decode() {
          throw new Error('no such event');
        },
      },
    };
    expect(() => projectionSpecification(unreadable)(counted(7))).to.throw(Fault, 'no such event');
  });

  it('throws ProjectionStopped for a reducer that changes a row in place, as a store does', () => {
    const adding: Projection<CounterEvent, { total: number }> = {
      ...{ name: 'adding', version: 1, filter: counterTotals.filter, events: counterEvents },
      rows: {
        encode: ({ total }) => ({ total }),
        decode: (stored) => ({ total: Number(Reflect.get(Object(stored), 'total')) }),
      },
      reduce(before, event) {
        if (before === undefined) return { total: 1 };
        if (event.type === 'Counted') before.total += event.data.by;
        return before;
      },
    };
    const events = projectionSpecification(adding);
    expect(() => events(counted(1), counted(2))).to.throw(Fault, 'stopped before Counted at Counter-1 revision 1');
  });

  it('throws ProjectionStopped for an event that can not be reduced', () => {
    const failing: Projection<CounterEvent, CounterRow> = {
      ...counterTotals,
      reduce() {
        throw new Error('thirteen is bad luck');
      },
    };
    const events = projectionSpecification(failing);
    expect(() => events(counted(13))).to.throw(Fault, 'stopped before Counted at Counter-1 revision 0');
  });
});
