import { streamId, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb, type Timeouts } from '@login-policy/store-eventstoredb';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setImmediate } from 'node:timers/promises';
import { Double } from './double/double.js';
import { anew, appendOf } from './events.js';

const STREAM = streamId('Counter', 'one');
/** A stream whose end the store does not know. */
const OTHER = streamId('Counter', 'two');
const LIMIT_MS = paced(1000);

interface Call {
  readonly timeouts: Timeouts;
  readonly send: (store: Store) => Promise<unknown>;
  /** How many answers of this kind the server has sent. */
  readonly answers: () => number;
  /** How many answers it needs after the first ones. */
  readonly more?: number;
}

describe('an answer that arrives while the event loop is blocked for longer than its time-out', () => {
  let double: Double;
  let store: Store | undefined;

  beforeEach(async () => {
    double = await Double.startBehindWire();
  });

  afterEach(async () => {
    await store?.close();
    await double.stop();
  });

  const reads = (): number => double.sent;
  const calls: Readonly<Record<string, Call>> = {
    'an append': {
      timeouts: { appendMs: LIMIT_MS, lookupMs: 1 },
      send: ({ eventStore }) => eventStore.append(appendOf(STREAM, 1)),
      answers: () => double.log.records.length,
    },
    'the look-up of an append': {
      timeouts: { appendMs: LIMIT_MS },
      send: ({ eventStore }) => eventStore.append(appendOf(OTHER, 1)),
      answers: reads,
    },
    'a read of a stream': {
      timeouts: { readMs: LIMIT_MS },
      send: ({ eventStore }) => eventStore.readStream(STREAM)[Symbol.asyncIterator]().next(),
      answers: reads,
    },
    'a read of the log': {
      timeouts: { scanMs: LIMIT_MS },
      send: ({ eventStore }) => eventStore.readAll()[Symbol.asyncIterator]().next(),
      // First the last record is looked up, then the events up to it, and then the log has two records.
      answers: reads,
      more: 4,
    },
    'an append without events': {
      timeouts: { stallMs: LIMIT_MS },
      send: ({ eventStore }) => eventStore.head(),
      answers: () => double.barriers,
    },
  };
  for (const [what, call] of Object.entries(calls)) it(`counts for ${what}`, () => counts(call));

  async function counts({ timeouts, send, answers, more = 0 }: Call): Promise<void> {
    store = connectEventStoreDb(double.url, { timeouts });
    await store.eventStore.append(appendOf(STREAM, 1));
    double.log.write(OTHER, anew(double.log.stream(STREAM)[0]));
    // The barrier before a read is acknowledged at once.
    if (answers === reads) double.script.plan('read', { after: 0, do: 'hold-answers' });
    else double.wire.stallAnswers();
    const before = answers();
    const sending = send(store);
    while (answers() === before) await setImmediate();
    // The answer is on its way then.
    for (let turn = 0; turn < 20; turn++) await setImmediate();
    const sent = answers();
    double.wire.onPassed = blockOnce;
    double.wire.letAnswersThrough();
    await sending;
    expect([double.wire.onPassed === blockOnce, answers()]).to.deep.equal([false, sent + more]);
  }

  function blockOnce(): void {
    double.wire.onPassed = () => undefined;
    const until = performance.now() + LIMIT_MS + 100;
    while (performance.now() < until);
  }
});
