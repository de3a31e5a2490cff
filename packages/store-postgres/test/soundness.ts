import { ordinalOf } from '@login-policy/event-sourcing/store';
import type { PostgresStore } from '@login-policy/store-postgres';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { allEvents } from './sample.js';

/** What writers remember of their appends, by the ids of their events. */
export interface Remembered {
  readonly begun?: ReadonlySet<string>;
  readonly acknowledged?: ReadonlySet<string>;
  /** Of which was said that nothing was written. */
  readonly refused?: ReadonlySet<string>;
}

/**
 * Passes when each acknowledged event is there once, no refused one and none that nobody wrote, positions have no gap,
 * and the read model of counters is the fold of the log.
 */
export async function demandSound(store: PostgresStore, remembered: Remembered = {}): Promise<void> {
  const { begun, acknowledged, refused } = remembered;
  const all = await allEvents(store.eventStore);
  const ids = all.map(({ id }) => id);
  const there = new Set<string>(ids);
  expect(ids).to.have.length(there.size);
  expect([...(acknowledged ?? [])].filter((id) => !there.has(id))).to.deep.equal([]);
  expect([...(refused ?? [])].filter((id) => there.has(id))).to.deep.equal([]);
  expect(ids.filter((id) => begun?.has(id) === false)).to.deep.equal([]);
  expect(all.map(({ position }) => ordinalOf(position))).to.deep.equal(all.map((_, index) => BigInt(index + 1)));
  const totals = new Map<string, number>();
  for (const { streamId } of all) totals.set(streamId, (totals.get(streamId) ?? 0) + 1);
  const model = await store.readModels.open(counterTotals);
  const rows = (await model.read([...totals.keys()])).rows;
  expect([...totals].map(([key]) => [key, rows.get(key)?.total])).to.deep.equal([...totals]);
  expect(await model.checkpoint()).to.equal(all.at(-1)?.position);
}
