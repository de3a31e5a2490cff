import { isFault, streamId } from '@login-policy/event-sourcing';
import type { Append, NewEvent } from '@login-policy/event-sourcing/store';
import { checkedAppend, encodedAppend } from '#insides';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { newEvent } from './events.js';

const metadata = { actor: 'tester', correlationId: 'c-1' };
const LONE = '\ud800';

const appendOf = (...events: readonly NewEvent[]): Append => ({
  streamId: streamId('Counter', 'a'),
  expected: 'any',
  events,
});

/** What an append is refused for: where, and why. */
function refusalOf(append: Append): unknown {
  try {
    checkedAppend(append);
  } catch (caught) {
    return isFault(caught, 'unserialisable-data') ? caught.facts : caught;
  }
  return undefined;
}

describe('an append that is checked', () => {
  it('is refused with the name of a member that no store could keep', () => {
    const [lone, noText] = ['a lone surrogate is not Unicode text', 'it is not text'];
    for (const [content, path, problem] of [
      [{ type: LONE }, '$.type', lone],
      [{ type: '' }, '$.type', 'a type must not be empty or begin with $'],
      [{ type: '$Counted' }, '$.type', 'a type must not be empty or begin with $'],
      [{ schemaVersion: 65_536 }, '$.schemaVersion', 'expected a whole number from 1 to 65535, got 65536'],
      [{ id: 'not-a-ulid' }, '$.id', 'expected a ULID'],
      [{ metadata: { ...metadata, actor: 7 } }, '$.metadata.actor', noText],
      [{ metadata: { ...metadata, correlationId: LONE } }, '$.metadata.correlationId', lone],
      [{ metadata: { ...metadata, causationId: LONE } }, '$.metadata.causationId', lone],
      [{ metadata: { ...metadata, idempotencyKey: LONE } }, '$.metadata.idempotencyKey', lone],
      [{ metadata: { ...metadata, reason: null } }, '$.metadata.reason', noText],
    ] as const) {
      expect(refusalOf(appendOf(newEvent(), Object({ ...newEvent(), ...content }))), path).to.deep.equal({
        path,
        problem,
      });
    }
    const receipt = { key: 'key', fingerprint: LONE };
    expect(refusalOf({ ...appendOf(), receipt })).to.deep.equal({ path: '$.receipt.fingerprint', problem: lone });
  });

  it('has schema versions up to 65,535, and so many events', () => {
    expect(refusalOf(appendOf(newEvent({ schemaVersion: 65_535 })))).to.equal(undefined);
    const most = Array<NewEvent>(65_535).fill(newEvent());
    expect(refusalOf(appendOf(...most))).to.equal(undefined);
    expect(refusalOf(appendOf(...most, newEvent()))).to.be.instanceOf(RangeError);
  });

  it('is not affected by later changes of its metadata', () => {
    const said = { ...metadata };
    const { events } = checkedAppend(appendOf(newEvent({ metadata: said })));
    said.actor = 'another';
    expect(events[0]?.metadata).to.deep.equal(metadata).and.to.satisfy(Object.isFrozen);
  });
});

describe('the text of an append', () => {
  it('is the JSON of each event; its size is the sum', () => {
    const events = [
      newEvent({ data: { by: 1 } }),
      newEvent({ data: { by: 22 }, metadata: { ...metadata, reason: 'why' } }),
    ];
    const { texts, size } = encodedAppend(appendOf(...events));
    expect(texts).to.deep.equal([
      { data: '{"by":1}', metadata: JSON.stringify(metadata) },
      { data: '{"by":22}', metadata: JSON.stringify({ ...metadata, reason: 'why' }) },
    ]);
    expect(size).to.equal(texts.reduce((sum, text) => sum + text.data.length + text.metadata.length, 0));
  });
});
