import {
  accept,
  CommandHandler,
  type Decider,
  isFault,
  type RecordedEvent,
  reject,
  revision as toRevision,
} from '@login-policy/event-sourcing';
import type { NewEvent } from '@login-policy/event-sourcing/store';
import type { SqliteStore } from '@login-policy/store-sqlite';
import { counterEvents, type CounterEvent } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { appendOne, newEvent, STREAM } from './events.js';
import { faultOf, type Folder } from './files.js';
import { tamper } from './raw.js';
import { SQL } from './statements.js';
import { driverError, type WatchedDriver } from './watched-driver.js';
import { leaveWatched, openWatched } from './watched-store.js';

type ReadStreamOptions = NonNullable<Parameters<SqliteStore['eventStore']['readStream']>[1]>;

let folder: Folder;
let path: string;
let driver: WatchedDriver;
let store: SqliteStore;

beforeEach(async () => {
  ({ folder, path, driver, store } = await openWatched({ durability: 'normal' }));
  for (let count = 0; count < 5; count++) await store.eventStore.append(appendOne());
});
afterEach(() => leaveWatched({ folder, driver, store }));

async function revisionsOf(options: ReadStreamOptions): Promise<readonly bigint[]> {
  const revisions: bigint[] = [];
  for await (const page of store.eventStore.readStream(STREAM, options)) {
    revisions.push(...page.map(({ revision }) => revision));
  }
  return revisions;
}

async function isMissed(lost: number, direction: 'forwards' | 'backwards'): Promise<void> {
  expect(await revisionsOf({ direction, pageSize: 2 })).to.have.length(5);
  tamper(path, `DELETE FROM events WHERE revision = ${lost}`);
  const fault = await faultOf(revisionsOf({ direction, pageSize: 2 }));
  expect(isFault(fault, 'store-damaged'), String(fault)).to.equal(true);
  expect(fault).to.have.property('message').that.includes(`no event at revision ${lost}`);
}

async function isMissedAmongStreams(lost: number): Promise<void> {
  const upTo = await store.eventStore.head();
  const readStreams = async (): Promise<readonly RecordedEvent[]> => {
    const events: RecordedEvent[] = [];
    for await (const page of store.eventStore.readStreams?.({ upTo, pageSize: 2 }) ?? []) events.push(...page);
    return events;
  };
  expect(await readStreams()).to.have.length(5);
  tamper(path, `DELETE FROM events WHERE revision = ${lost}`);
  const fault = await faultOf(readStreams());
  expect(isFault(fault, 'store-damaged'), String(fault)).to.equal(true);
  expect(fault).to.have.property('message').that.includes(`no event at revision ${lost}`);
}

describe('a stream that has lost an event', () => {
  for (const lost of [0, 2]) {
    for (const direction of ['forwards', 'backwards'] as const) {
      it(`is damage, never a shorter history: revision ${lost}, read ${direction}`, () => isMissed(lost, direction));
    }
    it(`is damage to a read of one stream after another: revision ${lost}`, () => isMissedAmongStreams(lost));
  }
});

describe('a stream that is read', () => {
  it('is asked for once where a page holds all that is wanted', async () => {
    const asked: ReadStreamOptions[] = [
      {},
      { limit: 2 },
      { direction: 'backwards' },
      { direction: 'backwards', limit: 1 },
    ];
    for (const options of asked) {
      const before = driver.count(SQL.readLog);
      expect(await revisionsOf(options)).to.have.length(options.limit ?? 5);
      expect(driver.count(SQL.readLog) - before, JSON.stringify(options)).to.equal(1);
    }
  });

  it('has all its events behind a revision that can not be, read backwards', async () => {
    const from = toRevision(2n ** 64n);
    expect(await revisionsOf({ from, direction: 'backwards', pageSize: 2 })).to.deep.equal([4n, 3n, 2n, 1n, 0n]);
  });
});

describe('an event in the middle that is damaged', () => {
  it('is told after all before it, by a stream and by the log', async () => {
    tamper(path, `UPDATE events SET data = '{"by":1},{"by":2}' WHERE revision = 3`);
    for (const read of [store.eventStore.readStream(STREAM), store.eventStore.readAll()]) {
      const pages = read[Symbol.asyncIterator]();
      expect((await pages.next()).value).to.have.length(3);
      expect(isFault(await faultOf(pages.next()), 'unreadable-event')).to.equal(true);
    }
  });
});

describe('a page with much text', () => {
  /** Five are more than a page holds. */
  const large = (): NewEvent => ({ ...newEvent(), data: { text: 'x'.repeat(13_000_000) } });

  it('has fewer events, and still ends with an append', async () => {
    for (const count of [1, 1, 1, 3, 1])
      await store.eventStore.append({
        streamId: STREAM,
        expected: 'any',
        events: Array.from({ length: count }, large),
      });
    const pages: number[] = [];
    for await (const page of store.eventStore.readAll({ pageSize: 100 })) pages.push(page.length);
    expect(pages).to.deep.equal([11, 1]);
  });
});

describe('a receipt that a disk fails to read', () => {
  /** Is refused from the seventh event on. */
  const decider: Decider<{ readonly type: 'count' }, CounterEvent, number, { readonly reason: 'too-many' }> = {
    initial: 0,
    evolve: (count) => count + 1,
    decide: (_, count) => (count < 6 ? accept({ type: 'Counted', data: { by: 1 } }) : reject({ reason: 'too-many' })),
  };

  it('is a fault, and not a receipt that is missing: its command was accepted, and is not refused when repeated', async () => {
    const handler = new CommandHandler({ eventStore: store.eventStore, decider, events: counterEvents });
    const repeat = (): Promise<{ readonly outcome: string }> =>
      handler.handle(STREAM, { type: 'count' }, { actor: 'tester', idempotencyKey: 'k' });
    expect(await repeat()).to.include({ outcome: 'accepted' });
    const fail = (): never => {
      throw driverError('disk I/O error', 10);
    };
    driver.strikeAt(SQL.readReceipt, fail);
    expect(await faultOf(repeat())).to.include({ code: 'store-unavailable' });
    expect(await repeat()).to.include({ outcome: 'accepted', isRepeated: true });
  });
});
