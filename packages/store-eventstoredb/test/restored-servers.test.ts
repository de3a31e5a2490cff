import { isFault, type Position, ProjectionRunner, START, type Store, streamId } from '@login-policy/event-sourcing';
import { memoryReadModelStore, type SubscriptionMessage } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Double } from './double/double.js';
import { appendOf, faultOf, subscribedAgain } from './events.js';

const [STREAM, OTHER] = [streamId('Counter', 'one'), streamId('Counter', 'two')];
const timeouts = { probeMs: paced(20), stallMs: paced(200), retryMs: paced(300) };

/** A server that a backup was put back on, while a program goes on that has seen what came after it. */
for (const lostCount of [1, 4])
  describe(`an EventStoreDB restored from a backup that lacks ${lostCount} events`, () => {
    let double: Double;
    let store: Store;
    let lost: Position;
    let messages: AsyncIterator<SubscriptionMessage>;

    beforeEach(async () => {
      double = await Double.start();
      store = connectEventStoreDb(double.url, { timeouts });
      await store.eventStore.append(appendOf(STREAM, 3));
      const putBack = double.log.backUp();
      await store.eventStore.append(appendOf(STREAM, lostCount));
      lost = await store.eventStore.head();
      messages = subscribedAgain(store.eventStore);
      await caughtUpAt(lost);
      putBack();
      await double.restart();
    });

    afterEach(async () => {
      await store.close();
      await double.stop();
    });

    async function caughtUpAt(place: Position): Promise<void> {
      for (;;) {
        const { value, done } = await messages.next();
        if (done === true) throw new Error('it ended');
        if (value.kind === 'caught-up' && value.position >= place) return;
      }
    }

    /** Another program goes on with the server as it is. */
    async function writeElsewhere(count: number): Promise<Position | undefined> {
      const other = connectEventStoreDb(double.url);
      const recorded = await other.eventStore.append(appendOf(OTHER, count));
      await other.close();
      return recorded.at(-1)?.position;
    }

    const sinceThen = { nothing: 0, 'less than was lost': 1, 'more than was lost': 20 };
    for (const [what, count] of Object.entries(sinceThen)) {
      it(`ends subscriptions that have received lost events, if ${what} was written since`, () => endsThem(count));

      it(`reports its new head, if ${what} was written since`, () => saysItsHead(count));
    }

    for (const [what, count] of Object.entries(sinceThen)) {
      it(`refuses rows and then rebuilds them automatically, if ${what} was written since`, () =>
        buildsRowsAnew(count));
    }

    /** The rows of a program that was away in between: they are those of the lost history. */
    async function buildsRowsAnew(count: number): Promise<void> {
      const readModels = memoryReadModelStore();
      const model = await readModels.open(counterTotals);
      await model.commit({ expected: undefined, checkpoint: lost, rows: new Map() });
      if (count > 0) await writeElsewhere(count);
      const runner = await ProjectionRunner.open({ store: { ...store, readModels }, projection: counterTotals });
      const answers: unknown[] = [];
      while (answers.at(-1) !== 3) {
        const read = runner.read([STREAM], { waitMs: paced(10_000) });
        answers.push(await read.then(({ rows }) => rows.get(STREAM)?.total, codeOf));
      }
      const refusals = new Set<unknown>(['position-unknown', 'projection-behind']);
      expect(answers.slice(0, -1).filter((answer) => !refusals.has(answer))).to.deep.equal([]);
      await runner.close();
    }

    async function endsThem(count: number): Promise<void> {
      if (count > 0) await writeElsewhere(count);
      expect((await faultOf(messages.next())).code).to.equal('position-unknown');
    }

    async function saysItsHead(count: number): Promise<void> {
      const last = count > 0 ? await writeElsewhere(count) : undefined;
      const fresh = connectEventStoreDb(double.url);
      const head = await fresh.eventStore.head();
      await fresh.close();
      if (last !== undefined) expect(head).to.equal(last);
      expect(await store.eventStore.head()).to.equal(head);
      expect(await store.eventStore.knows(lost)).to.equal(false);
    }
  });

describe('an EventStoreDB that was scavenged', () => {
  it('no longer knows the position of a scavenged event: another one may have been there', async () => {
    const double = await Double.start();
    const store = connectEventStoreDb(double.url);
    const [gone] = await store.eventStore.append(appendOf(STREAM, 1));
    double.log.completeChunk();
    await store.eventStore.append(appendOf(OTHER, 1));
    double.log.scavenge(({ streamName }) => streamName === STREAM);
    expect(await store.eventStore.knows(gone?.position ?? START)).to.equal(false);
    await store.close();
    await double.stop();
  });
});

function codeOf(caught: unknown): string {
  return isFault(caught) ? caught.code : String(caught);
}
