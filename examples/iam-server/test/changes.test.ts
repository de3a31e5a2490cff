import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setImmediate as otherWork } from 'node:timers/promises';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { openLoginPolicies, orThrow, type LoginPolicies } from '@login-policy/domain';
import type { Store } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { bearer, call, signIn } from './client.js';
import { EventStream } from './event-stream.js';
import { appendMany } from './many-changes.js';
import { TestBench, type Quickstart, type Server } from './running-server.js';
import { eventually } from './waiting.js';

const by = { actor: 'another process' };
const FACTOR = '/admin/v1/policies/login/second_factors';

describe('following the changes', () => {
  const bench = new TestBench();
  let server: Server;
  let quickstart: Quickstart;
  let url: string;
  let token: { readonly authorization: string };
  before(async () => {
    ({ server, quickstart } = await bench.serve());
    url = quickstart.url;
    token = bearer(quickstart.tokens.owner);
  });
  after(() => bench.clear());

  /** Acts on the same file as another process does: through a store of its own. */
  async function elsewhere(act: (policies: LoginPolicies, store: Store) => Promise<void>): Promise<void> {
    const store = await openSqliteStore({ path: join(server.folder, '.data', 'login-policy.sqlite') });
    const policies = await openLoginPolicies({ store });
    try {
      await act(policies, store);
    } finally {
      await policies.close();
      await store.close();
    }
  }

  const instance = (): { readonly instanceId: string } => ({ instanceId: quickstart.instanceId });
  async function change(): Promise<void> {
    const { status } = await call(url, `${FACTOR}/SECOND_FACTOR_TYPE_U2F`, { verb: 'DELETE', headers: token });
    expect(status).to.equal(200);
    const body = { type: 'SECOND_FACTOR_TYPE_U2F' };
    expect((await call(url, FACTOR, { verb: 'POST', headers: token, body })).status).to.equal(200);
  }

  it('notifies a page of changes by other processes, and of none in another instance', async () => {
    const { organizationIds } = quickstart;
    const stream = await EventStream.open(url, await signIn(quickstart, 'viewer'));
    expect(stream.response.headers['content-type']).to.equal('text/event-stream');
    await elsewhere(async (policies) => {
      const { settings } = orThrow(await policies.policy(instance())).policy;
      orThrow(await policies.add({ instanceId: 'another' }, { settings }, by));
      const removed = orThrow(await policies.removeMultiFactor(instance(), 'U2F_WITH_VERIFICATION', by));
      const { data, id } = await stream.told('changed');
      const position = String(removed.position);
      expect({ id, data }).to.deep.equal({ id: position, data: { ...instance(), sequence: '5', position } });
      const organization = { ...instance(), organizationId: organizationIds[1] };
      orThrow(await policies.add(organization, { settings }, by));
      const custom = await stream.told('changed', ({ organizationId }) => organizationId === organizationIds[1]);
      expect(custom.data).to.include({ ...organization, sequence: '1' });
    });
    expect(stream.events.some(({ data }) => data.instanceId === 'another')).to.equal(false);
    stream.leave();
  });

  it('resumes after an interruption, and misses nothing', async () => {
    const first = await EventStream.open(url, token);
    await change();
    await eventually('both halves of the change', () => changesIn(first).length >= 2 || undefined);
    first.leave();
    const told = first.events.findLast(({ event }) => event === 'changed');
    await change();
    await elsewhere(async (policies) => void orThrow(await policies.addSecondFactor(instance(), 'OTP_SMS', by)));
    const second = await EventStream.open(url, { ...token, 'last-event-id': told?.id ?? '' });
    await change();
    await eventually('all changes', () => changesIn(second).length >= 5 || undefined);
    const from = Number(told?.data.sequence);
    expect(changesIn(second)).to.deep.equal([1, 2, 3, 4, 5].map((step) => String(from + step)));
    expect(second.events.some(({ event }) => event === 'reset')).to.equal(false);
    second.leave();
  });

  it('tells the page to read everything again if it cannot resume', async () => {
    for (const lastId of ['999999999', 'nonsense']) {
      const stream = await EventStream.open(url, { ...token, 'last-event-id': lastId });
      await stream.told('reset');
      expect(changesIn(stream)).to.deep.equal([]);
      stream.leave();
    }
  });

  it('sends heartbeats, each with the position up to which all changes were sent', async () => {
    const stream = await EventStream.open(url, token);
    await change();
    const changed = await stream.told('changed');
    await eventually('a beat behind the change', () => {
      const beat = stream.events.findLast(({ event }) => event === 'beat');
      return (beat !== undefined && BigInt(beat.id) >= BigInt(changed.id)) || undefined;
    });
    stream.leave();
  });

  it('ends with its own session, also if another process ended it', async () => {
    const other = (await bench.serve({}, server.folder)).server;
    const leaving = await signIn(quickstart, 'viewer');
    const ending = [await EventStream.open(url, leaving), await EventStream.open(other.url, leaving)];
    const staying = await EventStream.open(url, await signIn(quickstart, 'viewer'));
    await call(url, '/iam/v1/session', { verb: 'DELETE', headers: leaving });
    for (const stream of ending) expect(await stream.over()).to.equal('ended');
    await change();
    await staying.told('changed');
    staying.leave();
    await other.stop();
  });

  it('never outlives a session that ends while it begins', async () => {
    const agent = new Agent({ keepAlive: true });
    const streams: Promise<EventStream>[] = [];
    for (let round = 0; round < 30; round++) {
      const session = await signIn(quickstart, 'viewer');
      await call(url, '/iam/v1/session', { headers: session, agent });
      streams.push(EventStream.begin(url, session));
      // Each round a tenth of a millisecond later, so that some meet what the server does between two looks.
      const signOutAt = performance.now() + round / 10;
      while (performance.now() < signOutAt) await otherWork();
      await call(url, '/iam/v1/session', { verb: 'DELETE', headers: session, agent });
    }
    for (const stream of streams) expect(await (await stream).over()).to.equal('ended');
    agent.destroy();
  });

  it('keeps no state for pages that disconnected before the first message', async () => {
    const { host, hostname, port } = new URL(url);
    const asked = `GET /iam/v1/changes HTTP/1.1\r\nhost: ${host}\r\nauthorization: ${token.authorization}\r\n\r\n`;
    const leave = async (times: number, leaving: 'at once' | 'once told'): Promise<void> => {
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      socket.write(asked.repeat(times));
      if (leaving === 'once told') await once(socket, 'data');
      socket.resetAndDestroy();
      await once(socket, 'close');
    };
    // More than one caller may have at a time.
    for (let left = 0; left < 60; left++) await leave(1, 'at once');
    for (let left = 0; left < 60; left += 20) await leave(20, 'once told');
    await eventually('a place that is free', async () => {
      const stream = await EventStream.open(url, token);
      stream.leave();
      return stream.response.statusCode === 200 || undefined;
    });
    await eventually('no stream that is kept', async () => (await streamsAt()) === 0 || undefined);
  });

  it('is not blocked by one caller with too many streams', async () => {
    const greedy = bearer(quickstart.tokens.viewer);
    const streams = await Promise.all(Array.from({ length: 51 }, () => EventStream.open(url, greedy)));
    const refused = streams.filter(({ response }) => response.statusCode === 503);
    expect(refused).to.have.lengthOf(1);
    const other = await EventStream.open(url, token);
    expect(other.response.statusCode).to.equal(200);
    expect(await streamsAt()).to.equal(51);
    streams[0]?.leave();
    await eventually('a place that is free', async () => {
      const again = await EventStream.open(url, greedy);
      streams.push(again);
      return again.response.statusCode === 200 || undefined;
    });
    for (const stream of [...streams, other]) stream.leave();
  });

  it('disconnects a page that does not read, and serves the others', async () => {
    const deaf = await EventStream.open(url, token);
    let good = await EventStream.open(url, token);
    const told = new Set<string>();
    deaf.response.pause();
    const count = 60_000;
    const { length } = deaf.events;
    await elsewhere((_, store) => appendMany(store.eventStore, quickstart.instanceId, count));
    await eventually('all changes, or the word that there are too many', async () => {
      for (const { event, id } of good.events) if (event !== 'beat') told.add(event === 'reset' ? event : id);
      // A machine that is slow now may keep it from reading: then it goes on where it was, as a page does.
      const last = good.events.at(-1)?.id ?? '';
      if (good.isOver) good = await EventStream.open(url, { ...token, 'last-event-id': last });
      return told.has('reset') || told.size >= count || undefined;
    });
    deaf.response.resume();
    expect(await deaf.over()).to.equal('cut off');
    expect(deaf.events.length - length).to.be.within(1, count - 1);
    good.leave();
  });

  it('tolerates a clock that jumps', async () => {
    // What ends sessions would judge this one by the wrong clock, for the changes of the test before.
    await eventually('consumers without a lag', async () => {
      const text = (await call(url, '/metrics', { headers: token })).bytes.toString();
      return text.includes('\niam_consumer_lag_seconds 0\n') || undefined;
    });
    const session = await signIn(quickstart, 'viewer');
    const clock = Date.now;
    const status = async (): Promise<number> => (await call(url, '/iam/v1/session', { headers: session })).status;
    try {
      Date.now = () => clock() - 10 * 365 * 86_400_000;
      expect(await status(), 'what the session has verified is not there yet').to.equal(204);
      const stream = await EventStream.open(url, token);
      await eventually('beats', () => stream.events.filter(({ event }) => event === 'beat').length > 1 || undefined);
      expect(stream.response.complete).to.equal(false);
      stream.leave();
      Date.now = () => clock() + 86_400_000;
      expect(await status()).to.equal(204);
      await signIn(quickstart, 'owner');
    } finally {
      Date.now = clock;
    }
    expect(await status()).to.equal(200);
  });

  it('ends for all when the server ends', async () => {
    const streams = [
      await EventStream.open(url, await signIn(quickstart, 'viewer')),
      await EventStream.open(url, token),
    ];
    await server.stop();
    expect(server.errors).to.deep.equal([]);
    for (const stream of streams) expect(await stream.over()).to.equal('ended');
  });

  async function streamsAt(): Promise<number> {
    const text = (await call(url, '/metrics', { headers: token })).bytes.toString();
    return Number(/^iam_change_streams (\d+)$/m.exec(text)?.[1]);
  }
});

function changesIn(stream: EventStream): readonly (string | undefined)[] {
  return stream.events.filter(({ event }) => event === 'changed').map(({ data }) => data.sequence);
}
