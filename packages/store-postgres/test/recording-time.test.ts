import { instant, parseInstant } from '@login-policy/event-sourcing';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { isTurnWaitedFor, takeTurn } from './locks.js';
import { allEvents, appendTo } from './sample.js';
import { onStorage, storages, type AnyProjection } from './stores.js';
import { eventually } from './waiting.js';

const freshStorage = storages();
const KINDS: Readonly<Record<string, readonly AnyProjection[]>> = {
  'a plain store': [],
  'a store with an inline projection': [counterTotals],
};
const EARLY = parseInstant('2026-01-01T00:00:00.000Z');
const LATE = instant(EARLY + 1500);

describe('an append to PostgreSQL that waits for the lock', () => {
  for (const [kind, models] of Object.entries(KINDS)) {
    for (const known of ['known', 'unknown']) {
      it(`is recorded with a time after its wait: ${kind}, where the end of the stream is ${known}`, () =>
        onStorage(freshStorage(), async (storage) => {
          let now = EARLY;
          const { eventStore } = await storage.open({ models, clock: () => now });
          if (known === 'known') await eventStore.append(appendTo('a'));
          const release = await takeTurn(storage.pool, storage.schema);
          const appending = eventStore.append(appendTo('a'));
          await eventually('an append that waits', () => isTurnWaitedFor(storage.pool, storage.schema));
          // A caller that asks how things were a second ago is answered, and that has to stay true.
          now = LATE;
          await release();
          expect((await appending)[0]?.recordedAt).to.equal(LATE);
          expect((await allEvents(eventStore)).at(-1)?.recordedAt).to.equal(LATE);
        }));
    }
  }
});
