import { isFault, ProjectionRunner } from '@login-policy/event-sourcing';
import type { NewEvent } from '@login-policy/event-sourcing/store';
import { openPostgresStore, type PostgresStore } from '@login-policy/store-postgres';
import { counterTotals, paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { detach, onCluster, untilShown, type Cluster } from './cluster.js';
import { gated } from './gates.js';
import { appendTo, counted, counterStream } from './sample.js';
import { demandSound } from './soundness.js';
import { eventually } from './waiting.js';

const STREAMS = 1200;
const YES_OR_NO = [() => true, () => false] as const;

/** Makes many streams of one event. */
async function fill({ eventStore }: PostgresStore, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `stream-${index}`);
  await Promise.all(names.map((name) => eventStore.append(appendTo(name, 'no-stream'))));
}

async function takeOver({ standby, way }: Cluster): Promise<void> {
  await standby.promote();
  way.leadTo(standby);
  way.cut();
}

/** What a rebuild ended with. */
async function endOf(rebuilding: Promise<unknown>): Promise<string> {
  return rebuilding.then(
    () => 'done',
    (caught: unknown) => (isFault(caught) ? caught.code : String(caught)),
  );
}

describe('a rebuild on PostgreSQL while a standby takes over that lacks events', () => {
  it('promotes no rows that lack a step of the former server, and succeeds when it is repeated (Q66, Q70)', () =>
    onCluster({}, async (cluster) => {
      const { primary, store } = cluster;
      await fill(store, STREAMS);
      const follower = await ProjectionRunner.open({ store, projection: counterTotals });
      await follower.ready();
      const slice = async (number: number): Promise<void> => {
        if (number === 2) {
          await untilShown(cluster);
          await detach(cluster);
        }
        if (number !== 3) return;
        await primary.kill();
        await takeOver(cluster);
      };
      const projector = await ProjectionRunner.open({
        store: gated(store, { slice }),
        projection: counterTotals,
        follows: 'on-demand',
      });
      expect(await endOf(projector.rebuild())).to.equal('store-unavailable');
      await demandSound(store);
      await follower.rebuild();
      await demandSound(store);
      await follower.close();
    }));

  it('promotes no rows that are based on a lost event, although another event is there (Q67)', () =>
    onCluster({}, async (cluster) => {
      const { primary, store } = cluster;
      await fill(store, 20);
      const follower = await ProjectionRunner.open({ store, projection: counterTotals });
      await follower.ready();
      const begun = async (): Promise<void> => {
        await untilShown(cluster);
        await detach(cluster);
        await store.eventStore.append(appendTo('lost', 'no-stream'));
      };
      const promotion = async (): Promise<void> => {
        await primary.kill();
        await takeOver(cluster);
        await store.eventStore.append(appendTo('kept', 'no-stream'));
      };
      const projector = await ProjectionRunner.open({
        store: gated(store, { begun, promotion }),
        projection: counterTotals,
        follows: 'on-demand',
      });
      expect(await endOf(projector.rebuild())).to.equal('position-unknown');
      const { rows } = await follower.read(['lost', 'kept'].map(counterStream));
      expect([...rows.keys()]).to.deep.equal([counterStream('kept')]);
      await demandSound(store);
      await follower.close();
    }));

  it('of the first rows continues by itself to correct rows', () =>
    onCluster({}, async (cluster) => {
      const { primary, store } = cluster;
      await fill(store, STREAMS);
      await Promise.all(
        Array.from({ length: 200 }, () => store.eventStore.append({ ...appendTo('many'), events: many(50) })),
      );
      let isOver = false;
      const slice = async (number: number): Promise<void> => {
        if (isOver) return;
        if (number === 2) {
          await untilShown(cluster);
          await detach(cluster);
        }
        if (number !== 3) return;
        isOver = true;
        await primary.kill();
        await takeOver(cluster);
      };
      const follower = await ProjectionRunner.open({ store: gated(store, { slice }), projection: counterTotals });
      // While no server is there, reads say so.
      await eventually('the first rows', () => follower.ready().then(...YES_OR_NO));
      expect(isOver).to.equal(true);
      expect((await follower.read([counterStream('many')])).rows.get(counterStream('many'))?.total).to.equal(10_000);
      expect(
        (await follower.read([counterStream('stream-700')])).rows.get(counterStream('stream-700'))?.total,
      ).to.equal(1);
      await follower.close();
    }));
});

describe('a read on PostgreSQL that waits for an event while a standby without it takes over', () => {
  it('is answered as soon as the rows are at the head of the new server (Q76)', () =>
    onCluster({}, async (cluster) => {
      const { store, pool } = cluster;
      let isOver = false;
      const step = async (): Promise<void> => {
        if (isOver) return;
        isOver = true;
        await takeOver(cluster);
      };
      const follower = await ProjectionRunner.open({ store: gated(store, { step }), projection: counterTotals });
      await follower.ready();
      await store.eventStore.append(appendTo('a'));
      const plain = await openPostgresStore({ pool });
      await untilShown(cluster);
      await detach(cluster);
      await plain.eventStore.append(appendTo('a'));
      const { rows } = await follower.read([counterStream('a')], { waitMs: paced(20_000) });
      expect([isOver, rows.get(counterStream('a'))?.total]).to.deep.equal([true, 1]);
      await follower.close();
      await plain.close();
    }));
});

function many(count: number): readonly NewEvent[] {
  return Array.from({ length: count }, () => counted());
}
