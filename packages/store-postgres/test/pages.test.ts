import { monotonicIds, type RecordedEvent } from '@login-policy/event-sourcing';
import type { NewEvent } from '@login-policy/event-sourcing/store';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { allEvents, appendTo, counterStream } from './sample.js';
import { onStorage, storages, type Storage } from './stores.js';

const nextId = monotonicIds();
const freshStorage = storages();

/** An event whose data is so many characters and a few. */
function large(characters: number): NewEvent {
  const metadata = { actor: 'tester', correlationId: 'test' };
  return { id: nextId(), type: 'Counted', schemaVersion: 1, data: { by: 1, note: 'x'.repeat(characters) }, metadata };
}

/** Small events, then many large ones, one larger than any page, and small ones again. */
const SIZES: readonly number[] = [
  ...Array.from({ length: 30 }, () => 10),
  ...Array.from({ length: 20 }, () => 900),
  20_000,
  ...Array.from({ length: 30 }, () => 10),
];

/** Records them one by one, so that a page may end behind each of them. */
async function write(storage: Storage): Promise<readonly RecordedEvent[]> {
  const { eventStore } = await storage.open();
  const recorded = SIZES.map((size) => eventStore.append({ ...appendTo('a'), events: [large(size)] }));
  return (await Promise.all(recorded)).flat();
}

describe('events of more text than one page may have', () => {
  it('are all read in smaller pages, from the store and from their stream, forwards and backwards', () =>
    onStorage(freshStorage(), async (storage) => {
      const ids = (await write(storage)).map(({ id }) => id);
      const { eventStore } = await storage.open({ largestPageBytes: 4000 });
      expect((await allEvents(eventStore)).map(({ id }) => id)).to.deep.equal(ids);
      for (const direction of ['forwards', 'backwards'] as const) {
        const read: string[] = [];
        for await (const page of eventStore.readStream(counterStream('a'), { direction })) {
          read.push(...page.map(({ id }) => id));
        }
        expect(read).to.deep.equal(direction === 'forwards' ? ids : ids.toReversed());
      }
    }));

  it('come in pages within the limit, except for a single large event, and in full pages after them', () =>
    onStorage(freshStorage(), async (storage) => {
      await write(storage);
      const { eventStore } = await storage.open({ largestPageBytes: 4000 });
      const pages: (readonly RecordedEvent[])[] = [];
      for await (const page of eventStore.readAll({ pageSize: 10 })) pages.push(page);
      const tooLarge = pages.filter(
        (page) => page.length > 1 && JSON.stringify(page.map(({ data }) => data)).length > 4000,
      );
      expect(tooLarge).to.deep.equal([]);
      expect(pages.at(0)).to.have.length(10);
      expect(Math.max(...pages.slice(-5).map((page) => page.length))).to.equal(10);
    }));

  it('are one page all the same if they were appended together', () =>
    onStorage(freshStorage(), async (storage) => {
      const { eventStore } = await storage.open({ largestPageBytes: 4000 });
      const recorded = await eventStore.append({ ...appendTo('a'), events: SIZES.map(large) });
      const last = await eventStore.append(appendTo('b'));
      for (const pageSize of [1, 10, 500]) {
        const pages: (readonly RecordedEvent[])[] = [];
        for await (const page of eventStore.readAll({ pageSize })) pages.push(page);
        expect(pages[0]?.slice(0, SIZES.length)).to.deep.equal(recorded);
        expect(pages.flat()).to.deep.equal([...recorded, ...last]);
      }
    }));

  it('are also read with a limit', () =>
    onStorage(freshStorage(), async (storage) => {
      const ids = (await write(storage)).map(({ id }) => id);
      const { eventStore } = await storage.open({ largestPageBytes: 4000 });
      const read: string[] = [];
      for await (const page of eventStore.readStream(counterStream('a'), { limit: 45 })) {
        read.push(...page.map(({ id }) => id));
      }
      expect(read).to.deep.equal(ids.slice(0, 45));
    }));
});
