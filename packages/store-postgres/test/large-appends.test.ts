import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { isFault } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { databaseUrl } from './database.js';
import { refusal } from './refusal.js';
import { allEvents, counted, counterStream } from './sample.js';
import { onStorage, storages } from './stores.js';

const freshStorage = storages();
const LENGTH = 8_000_000;

describe('a large append to PostgreSQL', () => {
  it('takes memory for a few times its text, whatever characters it consists of', () =>
    onStorage(freshStorage(), async (storage) => {
      const worker = new Worker(new URL('large-append-process.js', import.meta.url), {
        workerData: { url: await databaseUrl(), schema: storage.schema, length: LENGTH },
        resourceLimits: { maxOldGenerationSizeMb: 160 },
      });
      const [code] = await once(worker, 'exit');
      expect(code).to.equal(0);
      const [event] = await allEvents((await storage.open()).eventStore);
      expect(event?.data).to.deep.equal({ by: 1, note: `'"`.repeat(LENGTH / 2) });
    }));

  it('is refused if it could not be read again', () =>
    onStorage(freshStorage(), async (storage) => {
      const { eventStore } = await storage.open();
      const tooLarge = { ...counted(), data: { by: 1, note: 'x'.repeat(256_000_000) } };
      const caught = await refusal(
        eventStore.append({ streamId: counterStream('large'), expected: 'no-stream', events: [tooLarge] }),
      );
      expect(isFault(caught, 'unserialisable-data')).to.equal(true);
      expect(String(caught)).to.include('256000000');
      expect(await allEvents(eventStore)).to.deep.equal([]);
    }));
});
