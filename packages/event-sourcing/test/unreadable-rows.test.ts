import {
  eventId,
  instant,
  type Json,
  type JsonObject,
  position,
  type RecordedEvent,
  revision,
  streamId,
  UnreadableRow,
} from '@login-policy/event-sourcing';
import { withPlaceholders } from '#insides';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { tallies } from './tally.js';

const projection = withPlaceholders({
  ...counterTotals,
  indexUnreadable: (id) => ({ parity: 'unknown', parts: id.split('-') }),
});
const facts = {
  streamId: streamId('counter', 'apples'),
  revision: revision(1n),
  type: 'CountedAnew',
  schemaVersion: 1,
  code: 'written-by-newer-program',
  problem: 'the type is not known here',
} as const;

function recorded(content: { readonly type: string; readonly data?: JsonObject }): RecordedEvent {
  const [id, at] = [eventId('01ARZ3NDEKTSV4RRFFQ69G5FAV'), { revision: revision(0), position: position(1n) }];
  const metadata = { actor: 'tester', correlationId: 'c-1' };
  return {
    id,
    streamId: facts.streamId,
    ...at,
    recordedAt: instant(0),
    schemaVersion: 1,
    metadata,
    data: {},
    ...content,
  };
}

describe('an unreadable row', () => {
  it('keeps its index values, also after being stored', () => {
    const index = { parity: ['even', 'zero'], colour: 'green' };
    const stored: Json = JSON.parse(JSON.stringify(projection.rows.encode(new UnreadableRow(facts, index))));
    const row = projection.rows.decode(stored);
    expect(row).to.be.instanceOf(UnreadableRow).with.property('index').that.deep.equals(index);
    expect(projection.index?.(row)).to.deep.equal({
      ...index,
      parts: facts.streamId.split('-'),
      $unreadable: ['any', 'written-by-newer-program', 'other-program'],
    });
  });

  it('reports whether a newer program wrote it or it is damaged', () => {
    for (const code of ['written-by-newer-program', 'unreadable-event'] as const) {
      const stored: Json = JSON.parse(
        JSON.stringify(projection.rows.encode(new UnreadableRow({ ...facts, code }, {}))),
      );
      const row = projection.rows.decode(stored);
      if (!(row instanceof UnreadableRow)) throw new Error('unreachable');
      const { code: _code, ...place } = facts;
      expect(row.fault()).to.deep.include({ code, facts: place });
    }
  });

  it('keeps the index values of its last readable state, if there was one', () => {
    const before = projection.reduce(undefined, recorded({ type: 'Counted', data: { by: 2 } }));
    const indexOf = (row: typeof before): unknown => (row instanceof UnreadableRow ? row.index : row);
    expect(indexOf(projection.reduce(before, recorded({ type: 'CountedAnew' })))).to.deep.equal({ parity: 'even' });
    expect(indexOf(projection.reduce(undefined, recorded({ type: 'CountedAnew' })))).to.deep.equal({});
    const unindexed = withPlaceholders(tallies());
    const marked = unindexed.reduce(5, recorded({ type: 'CountedAnew' }));
    if (!(marked instanceof UnreadableRow)) throw new Error('unreachable');
    expect([marked.index, unindexed.index?.(5), unindexed.index?.(marked)]).to.deep.equal([
      {},
      {},
      { $unreadable: ['any', 'written-by-newer-program', 'other-program'] },
    ]);
  });

  it('is distinguished from a row that is not stored as an object', () => {
    const plain = withPlaceholders({ ...tallies(), rows: { encode: Number, decode: (stored) => Number(stored) } });
    expect([7, null, '7', [7]].map((stored) => plain.rows.decode(stored))).to.deep.equal([7, 0, 7, 7]);
  });

  it('is reported as damage if its placeholder is malformed', () => {
    const stored = JSON.stringify(projection.rows.encode(new UnreadableRow(facts, {})));
    const spoilt = [
      stored.replace('written-by-newer-program', 'unheard-of'),
      stored.replace('"the type is not known here"', '5'),
      ...['null', '"text"', '5'].map((mark) => `{"$unreadable":${mark}}`),
    ];
    for (const text of spoilt)
      expect(() => projection.rows.decode(JSON.parse(text)), text).to.throw(TypeError, 'placeholder');
  });

  it('replaces the row of a stray stream; a stream of another category is damage', () => {
    const about = withPlaceholders({ ...counterTotals, covers: () => false });
    const counted = recorded({ type: 'Counted', data: { by: 2 } });
    expect(about.reduce(undefined, { ...counted, streamId: streamId('Counter', 'apples') }))
      .to.be.instanceOf(UnreadableRow)
      .with.property('kind', 'stray-stream');
    const flipped = { ...counted, streamId: streamId('Countes', 'apples') };
    expect(() => about.reduce(undefined, flipped))
      .to.throw('Countes-apples')
      .with.property('code', 'store-damaged');
  });

  it('has no index values if they are not text', () => {
    const stored = projection.rows.encode(new UnreadableRow(facts, { parity: 'even' }));
    const spoilt: Json = JSON.parse(JSON.stringify(stored).replace('"even"', '["even",1]'));
    expect(() => projection.rows.decode(spoilt)).to.throw(TypeError, 'must be a string or a list of strings');
  });

  it('replaces a row whose index values are not Unicode text, before and after an unreadable event', () => {
    const half = withPlaceholders({ ...counterTotals, index: () => ({ parity: ['even', '\ud800'] }) });
    const counted = recorded({ type: 'Counted', data: { by: 2 } });
    const row = half.reduce(undefined, counted);
    if (row === undefined) throw new Error('unreachable');
    expect(half.checked?.(row, counted).row)
      .to.be.instanceOf(UnreadableRow)
      .with.property('index')
      .that.deep.equals({});
    expect(half.reduce(row, recorded({ type: 'CountedAnew' })))
      .to.be.instanceOf(UnreadableRow)
      .with.property('index')
      .that.deep.equals({});
  });
});
