import { expect } from 'chai';
import { describe, it } from 'mocha';
import { databaseUrl } from './database.js';
import { Worker } from './processes.js';
import { onStorage, storages } from './stores.js';

/** Of write-then-read pairs, in both processes together. */
const PAIRS = Number(process.env['PROOF_ROUNDS'] ?? 1000);

const freshStorage = storages();

describe('two processes that write to PostgreSQL and read what they wrote', () => {
  it(`see each of ${PAIRS} writes in time, whichever of them updates the read model`, () =>
    onStorage(freshStorage(), async (storage) => {
      await storage.open();
      const task = { url: await databaseUrl(), schema: storage.schema, count: PAIRS / 2 };
      const workers = ['left', 'right'].map((name) => new Worker('pairs-process', { ...task, name }));
      expect(await Promise.all(workers.map(({ ended }) => ended))).to.deep.equal([0, 0]);
      expect(workers.flatMap(({ said }) => said)).to.deep.equal(['0 stale', '0 stale']);
    }));
});
