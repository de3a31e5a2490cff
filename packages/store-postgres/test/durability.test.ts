import { isFault } from '@login-policy/event-sourcing';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { failOver, onCluster, WAITED_FOR, type Cluster } from './cluster.js';
import type { EmbeddedServer } from './embedded-server.js';
import { allEvents, appendTo, counterStream } from './sample.js';
import { eventually } from './waiting.js';

/** Short ones: what is waited for here does not come. */
const SHORT = { ...WAITED_FOR, statementTimeoutMs: 500, lockTimeoutMs: 500, lostAnswerTimeoutMs: 500 } as const;

/** Whether a commit waits for the standby. */
async function waitsForStandby(primary: EmbeddedServer): Promise<boolean> {
  const waiting = await primary.ask(`SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
  return waiting.length > 0;
}

/** Nothing acknowledged is lost, and nothing that stayed unknown is called accepted. */
async function demandNotAcknowledged(cluster: Cluster, append: Promise<unknown>, event: string): Promise<void> {
  const outcome = await append.then(
    () => 'accepted',
    (caught: unknown) => (isFault(caught) ? caught.code : caught),
  );
  await failOver(cluster);
  const ids = (await allEvents(cluster.store.eventStore)).map(({ id }) => id as string);
  expect([outcome, ids.includes(event)]).to.deep.equal(['outcome-unknown', false]);
}

const WRITES = { 'at the place it remembers': true, "in a writer's turn": false } as const;

const TROUBLES: Readonly<Record<string, (cluster: Cluster) => Promise<void>>> = {
  'takes longer than its time-outs': async () => undefined,
  'has its primary restarted': async ({ primary }) => {
    await primary.stop();
    await primary.restart();
  },
  'has its primary killed': async ({ primary }) => {
    await primary.kill();
    await primary.restart();
  },
};

describe('an append to PostgreSQL that waits for an unavailable standby', () => {
  for (const [kind, isRemembered] of Object.entries(WRITES)) {
    for (const [trouble, meet] of Object.entries(TROUBLES)) {
      it(`is acknowledged only once the standby has it: ${kind}, and it ${trouble} (Q65)`, () =>
        onCluster(SHORT, async (cluster) => {
          const { primary, standby, store } = cluster;
          if (isRemembered) await store.eventStore.append(appendTo('a'));
          await standby.stop();
          const lost = appendTo('a');
          const append = store.eventStore.append(lost);
          append.catch(() => undefined);
          await eventually('the wait for the standby', () => waitsForStandby(primary));
          await meet(cluster);
          await demandNotAcknowledged(cluster, append, lost.events[0]?.id ?? '');
        }));
    }
  }

  it('is acknowledged if its answer was lost and the standby returns while it is looked up', () =>
    onCluster({ ...SHORT, lostAnswerTimeoutMs: paced(60_000) }, async ({ primary, standby, store }) => {
      await store.eventStore.append(appendTo('a'));
      await standby.stop();
      const append = store.eventStore.append(appendTo('a'));
      await eventually('the wait for the standby', () => waitsForStandby(primary));
      await primary.stop();
      await primary.restart();
      await standby.restart();
      const [event] = await append;
      const onStandby = await standby.ask(`SELECT id FROM login_policy.events ORDER BY position`);
      expect(onStandby.map(({ id }) => id)).to.include(event?.id);
    }));

  it('is not replayed by its receipt before the standby has it', () =>
    onCluster(SHORT, async (cluster) => {
      const { primary, standby, store } = cluster;
      await store.eventStore.append(appendTo('a'));
      await standby.stop();
      const receipt = { key: 'key', fingerprint: 'fingerprint' };
      const append = store.eventStore.append({ ...appendTo('a'), receipt });
      append.catch(() => undefined);
      await eventually('the wait for the standby', () => waitsForStandby(primary));
      await primary.stop();
      await primary.restart();
      const found = await store.eventStore.receipt(counterStream('a'), 'key').catch((caught: unknown) => caught);
      expect(isFault(found, 'store-unavailable') ? found.retryable : found).to.equal(true);
      await append.catch(() => undefined);
    }));
});
