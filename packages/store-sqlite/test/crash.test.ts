import type { RecordedEvent } from '@login-policy/event-sourcing';
import { openSqliteStore, type SqliteStore } from '@login-policy/store-sqlite';
import { counterTotals, rowUnder } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { freshFolder } from './files.js';
import { startWriter } from './processes.js';
import { Raw, valueOf } from './raw.js';

/** How often it is killed; `npm run proofs` says more. */
const ROUNDS = Number(process.env['PROOF_ROUNDS'] ?? 5);
const LANES = '4';

/** Numbers between 0 and 1 that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Lets a writer run until it has been heard a random number of times, and kills it in the middle of whatever it does.
 */
async function killedWriter(path: string, random: () => number): Promise<readonly string[]> {
  const writer = startWriter(path, LANES, '100000');
  await writer.ready;
  const heard = Math.floor(random() * 60);
  while (writer.acknowledged.length < heard) await new Promise(setImmediate);
  writer.child.kill('SIGKILL');
  expect(await writer.ended).to.equal(null);
  return writer.acknowledged;
}

async function allEvents(store: SqliteStore): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const page of store.eventStore.readAll({ pageSize: 5000 })) events.push(...page);
  return events;
}

/** The place of every event in its stream, which must be one after another. */
function expectNoGaps(events: readonly RecordedEvent[]): void {
  const next = new Map<string, bigint>();
  for (const { streamId, revision } of events) {
    expect(revision, streamId).to.equal(next.get(streamId) ?? 0n);
    next.set(streamId, revision + 1n);
  }
}

async function expectRowsAreFolded(store: SqliteStore, events: readonly RecordedEvent[]): Promise<void> {
  const model = await store.readModels.open(counterTotals);
  const totals = new Map<string, number>();
  for (const { streamId } of events) totals.set(streamId, (totals.get(streamId) ?? 0) + 1);
  for (const [streamId, total] of totals) {
    const row = await rowUnder(model, streamId);
    expect(row, `the total of ${streamId}`).to.include({ total });
  }
}

describe(`a writer that is killed at a random moment, ${ROUNDS} times`, () => {
  it('leaves each acknowledged event exactly once, no gap, and rows that match the log', async () => {
    const seed = Number(process.env['PROOF_SEED'] ?? Date.now() % 1_000_000);
    const [folder, random] = [await freshFolder(), randomFrom(seed)];
    const path = folder.path('store.db');
    const acknowledged: string[] = [];
    for (let round = 0; round < ROUNDS; round++) acknowledged.push(...(await killedWriter(path, random)));

    const store = await openSqliteStore({ path, integrityCheck: 'full' });
    const events = await allEvents(store);
    const times = new Map<string, number>();
    for (const { id } of events) times.set(id, (times.get(id) ?? 0) + 1);
    expect(acknowledged.length, `seed ${seed}`).to.be.above(ROUNDS);
    expect(
      acknowledged.filter((id) => times.get(id) !== 1),
      `lost or doubled, seed ${seed}`,
    ).to.deep.equal([]);
    expectNoGaps(events);
    await expectRowsAreFolded(store, events);
    await store.close();
    await folder.remove();
  });
});

describe('an integrity check that is left out', () => {
  it('opens a sound file', async () => {
    const folder = await freshFolder();
    for (const integrityCheck of ['none', 'quick', 'full'] as const) {
      await (await openSqliteStore({ path: folder.path('store.db'), integrityCheck })).close();
    }
    const database = new Raw(folder.path('store.db'));
    expect(valueOf(database, 'PRAGMA integrity_check')).to.equal('ok');
    database.close();
    await folder.remove();
  });
});
