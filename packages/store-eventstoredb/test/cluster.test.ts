import { EventStoreDBClient } from '@eventstore/db-client';
import { Metadata } from '@grpc/grpc-js';
import { type EventStore, isFault, monotonicIds, START, streamId } from '@login-policy/event-sourcing';
import type { NewEvent } from '@login-policy/event-sourcing/store';
import { connectEventStoreDb, openEventStoreDbStore } from '@login-policy/store-eventstoredb';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { setTimeout as sleep } from 'node:timers/promises';
import { paced } from '@login-policy/testkit';
import { Double } from './double/double.js';
import { bare } from './double/status.js';
import { disposeOf } from './server.js';

const nextId = monotonicIds();
const STREAM = streamId('Counter', 'cluster');

/** Clusters are stood in for by two doubles; no test here can be had of one real node. */
describe('a store on a cluster', () => {
  let leader: Double;
  let follower: Double;

  beforeEach(async () => {
    [leader, follower] = await Promise.all([Double.start(), Double.start()]);
    follower.mode.leader = { host: '127.0.0.1', port: leader.port };
  });

  afterEach(async () => {
    await Promise.all([leader.stop(), follower.stop()]);
  });

  const appendOne = (eventStore: EventStore): ReturnType<EventStore['append']> =>
    eventStore.append({ streamId: STREAM, expected: 'any', events: [newEvent()] });

  it('follows a node that is not the leader to the one that is', async () => {
    const store = connectEventStoreDb(follower.url);
    const [recorded] = await appendOne(store.eventStore);
    expect(recorded?.revision).to.equal(0n);
    expect(leader.log.stream(STREAM)).to.have.length(1);
    expect(follower.log.stream(STREAM)).to.have.length(0);
    await store.close();
  });

  it('leaves a node that was deposed and does not know it, for the one that leads', async () => {
    follower.mode.leader = undefined;
    follower.mode.office = 'deposed';
    follower.mode.writeTimeoutMs = 50;
    const host = '127.0.0.1';
    follower.setMembers([{ host, port: follower.port, state: 8 }]);
    const store = connectEventStoreDb(`esdb+discover://${host}:${follower.port}?tls=false`);
    const head = store.eventStore.head();
    while (follower.barriers === 0) await sleep(1);
    for (const node of [leader, follower]) node.setMembers([{ host, port: leader.port, state: 8 }]);
    expect(await head).to.equal(START);
    expect(leader.barriers).to.equal(1);
    await store.close();
  });

  it('finds the leader by gossip', async () => {
    const members = [
      { host: '127.0.0.1', port: follower.port, state: 6 },
      { host: '127.0.0.1', port: leader.port, state: 8 },
    ] as const;
    for (const node of [leader, follower]) node.setMembers(members);
    const store = connectEventStoreDb(`esdb+discover://127.0.0.1:${follower.port}?tls=false`);
    await appendOne(store.eventStore);
    expect(leader.log.stream(STREAM)).to.have.length(1);
    await store.close();
  });

  it('is unavailable while no node is found', async () => {
    const url = 'esdb+discover://127.0.0.1:1?tls=false&maxDiscoverAttempts=2&discoveryInterval=10';
    const store = connectEventStoreDb(url, {
      timeouts: { appendMs: paced(2000), retryMs: paced(200), readMs: paced(500) },
    });
    const caught: unknown = await appendOne(store.eventStore).catch((error: unknown) => error);
    expect(isFault(caught, 'store-unavailable')).to.equal(true);
    await store.close();
  });

  it('survives a node that is not the leader and does not name it', async () => {
    const metadata = new Metadata();
    metadata.set('exception', 'not-leader');
    const end = { ...bare(5, 'no longer the leader'), metadata };
    leader.script.plan('read', { after: 0, do: 'end', end }, { times: 2 });
    leader.script.plan('batch-append', { do: 'write-then-end', end });
    const store = connectEventStoreDb(leader.url);
    const [recorded] = await appendOne(store.eventStore);
    expect(recorded?.revision).to.equal(0n);
    expect(leader.log.stream(STREAM)).to.have.length(1);
    await store.close();
  });

  it('leaves a node that answers that it knows no leader', async () => {
    const [one, other] = [follower, leader].map(({ port }) => ({ host: '127.0.0.1', port }));
    if (one === undefined || other === undefined) throw new Error('two nodes');
    follower.mode.leader = undefined;
    follower.setMembers([{ ...one, state: 8 }]);
    follower.script.plan('batch-append', { do: 'answer', with: 'no-leader' }, { times: 1000 });
    const store = connectEventStoreDb(`esdb+discover://127.0.0.1:${follower.port}?tls=false`);
    await store.eventStore.head();
    for (const node of [leader, follower]) node.setMembers([{ ...other, state: 8 }]);
    await appendOne(store.eventStore);
    expect(leader.log.stream(STREAM)).to.have.length(1);
    expect(follower.script.struck).to.be.lessThan(4);
    await store.close();
  });

  it('does not close a client that it was given', async () => {
    const client = EventStoreDBClient.connectionString(leader.url);
    const store = openEventStoreDbStore({ client });
    await appendOne(store.eventStore);
    await store.close();
    const again = openEventStoreDbStore({ client });
    expect((await appendOne(again.eventStore))[0]?.revision).to.equal(1n);
    await again.close();
    await disposeOf(client);
  });
});

function newEvent(): NewEvent {
  return {
    id: nextId(),
    type: 'Counted',
    schemaVersion: 1,
    data: { by: 1 },
    metadata: { actor: 'tester', correlationId: 'cluster' },
  };
}
