import type { StreamId } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { createHash } from 'node:crypto';
import { describe, it } from 'mocha';
import { allEvents, appendTo, counterStream } from './sample.js';
import { onStorage, storages } from './stores.js';

const freshStorage = storages();

describe('a stream with a name that is too long for an index', () => {
  it('is reported with its whole name, wherever it was shortened', () =>
    onStorage(freshStorage(), async (storage) => {
      const { eventStore } = await storage.open();
      // Stored it has its 800th byte between the two that stand for a backslash.
      const begin = `${'x'.repeat(791)}\\`;
      const long = `${begin}${'y'.repeat(400)}`;
      const stored = counterStream(long).replaceAll('\\', '\\\\');
      const twin = `${begin}#${createHash('sha256').update(stored).digest('hex')}`;
      const receipt = { key: 'k', fingerprint: 'f' };
      for (const name of [long, twin]) await eventStore.append({ ...appendTo(name, 'no-stream'), receipt });
      const all = await allEvents(eventStore);
      expect(all.map(({ streamId, revision }) => [streamId, revision])).to.deep.equal(
        [long, twin].map((name) => [counterStream(name), 0n]),
      );
      for (const name of [long, twin]) {
        for await (const page of eventStore.readStream(counterStream(name))) expect(page).to.have.length(1);
      }
      const withReceipts: StreamId[] = [];
      for await (const page of eventStore.receipts?.({ pageSize: 1 }) ?? [])
        withReceipts.push(...page.map(({ streamId }) => streamId));
      expect(withReceipts).to.have.members([long, twin].map(counterStream));
    }));
});
