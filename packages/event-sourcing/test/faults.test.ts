import { eventId, Fault, isFault, parseStreamId, position, revision } from '@login-policy/event-sourcing';
import type { AnyFault } from '#insides';
import { expect } from 'chai';
import { describe, it } from 'mocha';

const streamId = parseStreamId('tally-a');
const place = { streamId, revision: revision(4), type: 'Raised', schemaVersion: 2 };
const store = 'the store';
const problem = 'it burns';
const cause = new Error('the cause');
const [at, head] = [position(7), position(9)];

type Said = {
  readonly [Code in Fault['code']]: readonly [
    fault: Extract<AnyFault, { readonly code: Code }>,
    retryable: boolean,
    message: string,
  ];
};

/** What each fault says, and whether the same call may succeed later. */
const FAULTS: Said = {
  'revision-conflict': [
    new Fault('revision-conflict', { streamId, expected: 'no-stream', actual: revision(3) }),
    true,
    'tally-a was expected at no-stream, but its last event is at revision 3; nothing was written',
  ],
  'other-stream-changed': [
    new Fault('other-stream-changed', { streamId, expected: undefined, actual: undefined }),
    true,
    'tally-a was expected to end with no event, but it ends with no event; nothing was written',
  ],
  'concurrent-change': [
    new Fault('concurrent-change', { streamId, attempts: 3 }, cause),
    true,
    'tally-a was changed by others in each of 3 attempts; nothing was written',
  ],
  'outcome-unknown': [
    new Fault('outcome-unknown', { streamId }, cause),
    true,
    'it is unknown whether tally-a was written: repeat the command with its idempotency key',
  ],
  'written-unseen': [
    new Fault('written-unseen', { streamId }),
    false,
    'tally-a was written, but its position could not be read: read the stream, or repeat the command with its idempotency key',
  ],
  'deadline-exceeded': [
    new Fault('deadline-exceeded', { doing: 'a look' }, cause),
    true,
    'a look did not finish before its deadline (the cause)',
  ],
  'store-unavailable': [
    new Fault('store-unavailable', { store, problem }, cause),
    true,
    'the store is not available: it burns',
  ],
  'store-closed': [new Fault('store-closed', { store }), false, 'the store is closed'],
  'store-full': [new Fault('store-full', { store }, cause), true, 'the store has no room left; nothing was written'],
  'store-damaged': [
    new Fault('store-damaged', { store, problem }, cause),
    false,
    'the store is damaged: it burns; restore it from a backup',
  ],
  'store-foreign': [new Fault('store-foreign', { store, problem }, cause), false, "the store can't be used: it burns"],
  'driver-unusable': [
    new Fault('driver-unusable', { driver: 'pg', problem, remedy: 'npm install pg' }, cause),
    false,
    "pg can't be used: it burns. Run: npm install pg",
  ],
  'unserialisable-data': [
    new Fault('unserialisable-data', { path: '$.a', problem: 'it is a Map' }),
    false,
    "$.a can't be stored: it is a Map",
  ],
  'unreadable-event': [
    new Fault('unreadable-event', { ...place, problem }, cause),
    false,
    "Raised (schema 2) at tally-a revision 4 can't be read: it burns",
  ],
  'written-by-newer-program': [
    new Fault('written-by-newer-program', { ...place, problem }),
    false,
    'Raised (schema 2) at tally-a revision 4 was written by a newer program: it burns',
  ],
  'receipt-exists': [
    new Fault('receipt-exists', { streamId, key: 'k "1"' }),
    true,
    'tally-a has a receipt for idempotency key "k \\"1\\"" already; nothing was written',
  ],
  'checkpoint-conflict': [
    new Fault('checkpoint-conflict', { model: 'tallies', expected: undefined, actual: at }),
    true,
    'read model tallies was expected at no checkpoint, but it is at 7; nothing was written',
  ],
  'projection-stopped': [
    new Fault('projection-stopped', { ...place, projection: 'tallies', position: at }, cause),
    false,
    'projection tallies stopped before Raised at tally-a revision 4 (position 7): the cause',
  ],
  'projection-behind': [
    new Fault('projection-behind', { projection: 'tallies', required: head, reached: at, waitedMs: 5 }, cause),
    true,
    'projection tallies is at position 7 after 5 ms, not yet at 9 (the cause)',
  ],
  'rebuild-superseded': [
    new Fault('rebuild-superseded', { model: 'tallies' }),
    true,
    'a later rebuild of tallies replaced this one; the live rows are unchanged',
  ],
  'position-unknown': [
    new Fault('position-unknown', { position: at, head }),
    false,
    'position 7 stands for no event of this store, whose end is 9: it belongs to another store, or to a history that was lost',
  ],
};

describe('a fault', () => {
  for (const [code, [fault, retryable, message]] of Object.entries(FAULTS)) {
    it(`has a message and says whether a retry may succeed: ${code}`, () => {
      const words = code.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
      expect(fault).to.include({ code, retryable, message, name: words.join('') });
      expect(isFault(fault)).to.equal(true);
      expect(isFault(fault, fault.code)).to.equal(true);
      if ('cause' in fault) expect(fault.cause).to.equal(cause);
    });
  }

  it('names the facts that are unknown', () => {
    const nothing = { streamId, expected: revision(3) };
    const said = [
      new Fault('revision-conflict', { ...nothing, actual: undefined }),
      new Fault('revision-conflict', { ...nothing, actual: revision(3) }),
      new Fault('projection-behind', { projection: 'tallies', required: undefined, reached: undefined, waitedMs: 5 }),
      new Fault('projection-stopped', { ...place, projection: 'tallies', position: at }, 'a word'),
      new Fault('checkpoint-conflict', { model: 'tallies', expected: at, actual: undefined }),
    ];
    expect(said.map(({ message }) => message)).to.deep.equal([
      'tally-a was expected at 3, but it has no events; nothing was written',
      'tally-a was expected at 3, but its last event is another one, at that revision; nothing was written',
      'projection tallies is at position none after 5 ms, and the store does not say where its head is',
      'projection tallies stopped before Raised at tally-a revision 4 (position 7): a word',
      'read model tallies was expected at 7, but it is at no checkpoint; nothing was written',
    ]);
  });

  it('is distinguished from other errors, and from what looks like one', () => {
    const likeOne = { code: 'store-full', retryable: true, facts: {} };
    for (const none of [
      likeOne,
      Object.assign(new Error('full'), likeOne),
      new Error('ENOENT'),
      Object.assign(new Error('x'), { code: 'ENOENT' }),
      undefined,
      null,
    ])
      expect(isFault(none)).to.equal(false);
    expect(() => eventId('x'))
      .to.throw()
      .that.satisfies((caught: unknown) => !isFault(caught));
  });
});
