import { parseJson, revision, streamId, UnreadableRow } from '@login-policy/event-sourcing';
import { tolerating } from '@login-policy/event-sourcing/store';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const projection = tolerating({
  ...counterTotals,
  indexUnread: (id) => ({ parity: 'unknown', parts: id.split('-') }),
});
const facts = {
  streamId: streamId('counter', 'apples'),
  revision: revision(1n),
  type: 'CountedAnew',
  schemaVersion: 1,
  code: 'written-by-newer-program',
  problem: 'the type is not known here',
} as const;

describe('a row that can not be read', () => {
  it('is found under each value it was found under before, also once it was stored', () => {
    const index = { parity: ['even', 'zero'], colour: 'green' };
    const stored = parseJson(JSON.stringify(projection.rows.encode(new UnreadableRow(facts, index))));
    const row = projection.rows.decode(stored);
    expect(row).to.be.instanceOf(UnreadableRow).with.property('index').that.deep.equals(index);
    expect(projection.index?.(row)).to.deep.equal({ ...index, parts: facts.streamId.split('-') });
  });

  it('is none where its values are no text', () => {
    const stored = projection.rows.encode(new UnreadableRow(facts, { parity: 'even' }));
    const spoilt = parseJson(JSON.stringify(stored).replace('"even"', '["even",1]'));
    expect(() => projection.rows.decode(spoilt)).to.throw(TypeError, 'text to find it by');
  });
});
