import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setImmediate as otherWork } from 'node:timers/promises';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import {
  loginPolicyEvents,
  openLoginPolicies,
  orThrow,
  parseInstance,
  policyStream,
  type LoginPolicies,
} from '@login-policy/domain';
import { monotonicIds, type EventStore, type Store } from '@login-policy/event-sourcing';
import { openSqliteStore } from '@login-policy/store-sqlite';
import { bearer, call, signIn } from './client.js';
import { EventStream } from './event-stream.js';
import { TestBench, type Quickstart, type ServerProcess } from './running-server.js';
import { eventually } from './waiting.js';

const by = { actor: 'another process' };

describe('following the changes', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  /** Acts on the same file as another process does: through a store of its own. */
  async function elsewhere(
    { folder }: ServerProcess,
    act: (policies: LoginPolicies, store: Store) => Promise<void>,
  ): Promise<void> {
    const path = join(folder, '.data', 'login-policy.sqlite');
    const store = await openSqliteStore({ path });
    const policies = await openLoginPolicies({ store });
    try {
      await act(policies, store);
    } finally {
      await policies.close();
      await store.close();
    }
  }

  it('tells a page of what another process recorded', async () => {
    const { server, quickstart } = await bench.serve();
    const { instanceId, organizationIds, url } = quickstart;
    const stream = await EventStream.open(url, await signIn(quickstart, 'viewer'));
    expect(stream.response.headers['content-type']).to.equal('text/event-stream');
    await elsewhere(server, async (policies) => {
      const removed = orThrow(await policies.removeMultiFactor({ instanceId }, 'U2F_WITH_VERIFICATION', by));
      const { data } = await stream.told('changed');
      expect(data).to.deep.equal({ instanceId, sequence: '5', position: String(removed.position) });
      const organization = { instanceId, organizationId: organizationIds[1] };
      const { settings } = orThrow(await policies.policy({ instanceId })).policy;
      orThrow(await policies.add(organization, { settings }, by));
      const custom = await stream.told('changed', ({ organizationId }) => organizationId === organizationIds[1]);
      expect(custom.data).to.include({ ...organization, sequence: '1' });
    });
    stream.leave();
  });

  it('tells nothing of another instance on the same store', async () => {
    const { server, quickstart } = await bench.serve();
    const { instanceId, url } = quickstart;
    const stream = await EventStream.open(url, bearer(quickstart.tokens.viewer));
    await elsewhere(server, async (policies) => {
      const { settings } = orThrow(await policies.policy({ instanceId })).policy;
      orThrow(await policies.add({ instanceId: 'another' }, { settings }, by));
      orThrow(await policies.removeSecondFactor({ instanceId }, 'U2F', by));
    });
    await stream.told('changed');
    expect(stream.events.map(({ data }) => data.instanceId)).to.deep.equal([undefined, instanceId]);
    stream.leave();
  });

  it('ends with the session, and only with its own', async () => {
    const { quickstart } = await bench.serve();
    const { url } = quickstart;
    const leaving = await signIn(quickstart, 'viewer');
    const [ending, staying] = [
      await EventStream.open(url, leaving),
      await EventStream.open(url, await signIn(quickstart, 'viewer')),
    ];
    await call(url, '/iam/v1/session', { verb: 'DELETE', headers: leaving });
    expect(await ending.over()).to.equal('ended');
    await change(quickstart);
    await staying.told('changed');
    staying.leave();
  });

  it('never outlives a session that ends while it begins', async () => {
    const { quickstart } = await bench.serve();
    const { url } = quickstart;
    const agent = new Agent({ keepAlive: true });
    for (let round = 0; round < 100; round++) {
      const headers = await signIn(quickstart, 'viewer');
      await call(url, '/iam/v1/session', { headers, agent });
      const begun = EventStream.open(url, headers);
      // Each round a tenth of a millisecond later, so that some meet what the server does between two looks.
      const signOutAt = performance.now() + (round % 30) / 10;
      while (performance.now() < signOutAt) await otherWork();
      await call(url, '/iam/v1/session', { verb: 'DELETE', headers, agent });
      expect(await (await begun).over(), `round ${round}`).to.equal('ended');
    }
    agent.destroy();
  });

  it('keeps nothing for pages that left before they were told anything, or waited behind another on their connection', async () => {
    const { quickstart } = await bench.serve();
    const { host, hostname, port } = new URL(quickstart.url);
    const { cookie } = await signIn(quickstart, 'viewer');
    const asked = `GET /iam/v1/changes HTTP/1.1\r\nhost: ${host}\r\ncookie: ${cookie}\r\n\r\n`;
    const leave = async (times: number, leaving: 'at once' | 'once told'): Promise<void> => {
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      socket.write(asked.repeat(times));
      if (leaving === 'once told') await once(socket, 'data');
      socket.resetAndDestroy();
      await once(socket, 'close');
    };
    // More than are kept at a time.
    for (let left = 0; left < 520; left++) await leave(1, 'at once');
    for (let left = 0; left < 520; left += 20) await leave(20, 'once told');
    const stream = await EventStream.open(quickstart.url, { cookie });
    expect(stream.response.statusCode).to.equal(200);
    stream.leave();
  });

  it('is kept from nobody by one caller who follows too often', async () => {
    const { url, tokens } = (await bench.serve()).quickstart;
    const greedy = bearer(tokens.viewer);
    const streams = await Promise.all(Array.from({ length: 51 }, () => EventStream.open(url, greedy)));
    const refused = streams.filter(({ response }) => response.statusCode === 503);
    expect(refused).to.have.lengthOf(1);
    const other = await EventStream.open(url, bearer(tokens.owner));
    expect(other.response.statusCode).to.equal(200);
    streams[0]?.leave();
    await eventually('a place that is free', async () => {
      const again = await EventStream.open(url, greedy);
      streams.push(again);
      return again.response.statusCode === 200 || undefined;
    });
    for (const stream of [...streams, other]) stream.leave();
  });

  it('ends for all when the server ends, and the store with it', async () => {
    const { server, quickstart } = await bench.serve();
    const streams = [
      await EventStream.open(quickstart.url, await signIn(quickstart, 'viewer')),
      await EventStream.open(quickstart.url, bearer(quickstart.tokens.owner)),
    ];
    const { code, complained } = await server.stop();
    expect({ code, complained }).to.deep.equal({ code: 0, complained: '' });
    for (const stream of streams) expect(await stream.over()).to.equal('ended');
  });

  it('cuts off a page that does not read, and goes on telling the others', async () => {
    const { server, quickstart } = await bench.serve();
    const headers = bearer(quickstart.tokens.owner);
    const deaf = await EventStream.open(quickstart.url, headers);
    const good = await EventStream.open(quickstart.url, headers);
    deaf.response.pause();
    const count = 80_000;
    await elsewhere(server, (_, store) => appendMany(store.eventStore, quickstart.instanceId, count));
    const last = String(4 + count);
    await good.told('changed', ({ sequence }) => sequence === last);
    deaf.response.resume();
    expect(await deaf.over()).to.equal('cut off');
    expect(deaf.events.length).to.be.within(1, count - 1);
    good.leave();
  });

  async function change({ url, tokens }: Quickstart): Promise<void> {
    const path = '/admin/v1/policies/login/second_factors/SECOND_FACTOR_TYPE_U2F';
    const { status } = await call(url, path, { verb: 'DELETE', headers: bearer(tokens.owner) });
    expect(status).to.equal(200);
  }
});

/** Records many events that take turns, thousands at once: more than the buffers of the two ends of a connection hold. */
async function appendMany(eventStore: EventStore, instanceId: string, count: number): Promise<void> {
  const ids = monotonicIds();
  const metadata = { actor: 'another process', correlationId: 'many' };
  const turns = (['SecondFactorRemoved', 'SecondFactorAdded'] as const).map((type) =>
    loginPolicyEvents.encode({ type, data: { factor: 'U2F' } }),
  );
  for (let written = 0; written < count; written += 5000) {
    const events = Array.from({ length: 2500 }, () => turns.map((turn) => ({ ...turn, id: ids(), metadata }))).flat();
    const streamId = policyStream(parseInstance({ instanceId }, 'instance'));
    await eventStore.append({ streamId, expected: 'stream-exists', events });
  }
}
