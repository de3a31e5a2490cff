// Puts a global of its own in place, before leaks are looked for.
import '@login-policy/store-eventstoredb';
import { ChangesFeed, StoreWatch, type OnChanges } from '@login-policy/iam-server';
import { Fault, openMemoryStore, START } from '@login-policy/event-sourcing';
import { freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, afterEach, before, describe, it } from 'mocha';
import { bearer, call, cookieIn, json, signIn, tls, trySignIn, type Changed, type PolicyRead } from './client.js';
import { EventStream } from './event-stream.js';
import { KeptLog, readQuickstart, TestBench, type Quickstart } from './running-server.js';
import { StoreServer } from './store-server.js';
import { eventually } from './waiting.js';

const POLICY = '/admin/v1/policies/login';
const FACTORS = `${POLICY}/second_factors`;

for (const kind of ['PostgreSQL', 'the double of EventStoreDB'] as const) {
  describe(`two servers on ${kind}`, () => {
    const bench = new TestBench();
    let store: StoreServer;
    let quickstart: Quickstart;
    before(async () => {
      store = await StoreServer.start(kind);
    });
    after(async () => {
      await bench.clear();
      await store.stop();
    });

    it('see each change of the other at once, and miss nothing after being killed under load', async () => {
      quickstart = await killedUnderLoad(bench, { IAM_STORE: store.url });
    });

    it('report once that the store is unavailable, are not ready meanwhile, and continue when it is back', async () => {
      const variables = { IAM_STORE: store.url, IAM_ADOPT_INSTANCE: quickstart.instanceId };
      const { server } = await bench.serve({
        ...variables,
        IAM_ACCOUNTS: `sqlite:${await bench.folder()}/accounts.sqlite`,
      });
      const headers = bearer((await readQuickstart(server.folder)).tokens.owner);
      const stream = await EventStream.open(server.url, headers);
      const from = Number(json<PolicyRead>(await call(server.url, POLICY, { headers })).policy.details.sequence);
      await store.goAway();
      await eventually(
        'a word',
        () => server.errors.some((one) => one.startsWith('The store is away since')) || undefined,
      );
      const ready = await call(server.url, '/debug/ready');
      expect(ready.status).to.equal(503);
      const { length } = stream.events;
      expect((await EventStream.open(server.url, headers)).response.statusCode).to.equal(503);
      expect(stream.events.slice(length), 'no beat that says all was told').to.deep.equal([]);
      expect(await metric(server.url, headers, 'iam_store_up')).to.equal('0');
      expect((await call(server.url, '/iam/v1/session', { headers })).status).to.equal(204);
      await store.comeBack();
      await eventually('a change that is taken', async () => {
        const ask = { verb: 'POST', headers, body: { type: 'SECOND_FACTOR_TYPE_OTP_EMAIL' } };
        const { status } = await call(server.url, FACTORS, ask);
        return [200, 409].includes(status) || undefined;
      });
      expect((await stream.told('changed')).data.sequence).to.equal(String(from + 1));
      await eventually('a word', () => server.lines.some(({ message }) => /is back after/.test(message)) || undefined);
      const away = server.lines.filter(({ message }) => /^The store is (away since|back after)/.test(message));
      expect(away).to.have.lengthOf(2);
      expect(await metric(server.url, headers, 'iam_store_up')).to.equal('1');
      stream.leave();
      await server.stop();
    });
  });
}

describe('two servers on one file of SQLite', () => {
  const bench = new TestBench();
  after(() => bench.clear());

  it('do the same', () => killedUnderLoad(bench, {}));
});

describe('the rows of a server on the double of EventStoreDB', () => {
  const bench = new TestBench();
  let store: StoreServer;
  before(async () => {
    store = await StoreServer.start('the double of EventStoreDB');
  });
  after(async () => {
    await bench.clear();
    await store.stop();
  });

  it('are kept in its data folder, those of the audit log, too, unless it is to keep them in memory (T69, T70)', async () => {
    const [folder, another] = [await bench.folder(), await bench.folder()];
    const { server } = await bench.serve({ IAM_STORE: store.url }, folder);
    await server.stop();
    const kept = new DatabaseSync(join(folder, '.data/rows.sqlite'), { readOnly: true });
    const models = kept.prepare('SELECT name FROM models WHERE checkpoint IS NOT NULL').all();
    kept.close();
    expect(
      models.map(({ name }) => name),
      'policies, proposals, audit log, and whose they are',
    ).to.have.length(4);
    const { server: without } = await bench.serve(
      { IAM_STORE: store.url, IAM_ROWS: 'memory:', IAM_ADOPT_INSTANCE: '1' },
      another,
    );
    await without.stop();
    expect(existsSync(join(another, '.data/rows.sqlite'))).to.equal(false);
  });
});

describe('a silent store', () => {
  it('is reported as unavailable once, and not asked again before it has answered', async () => {
    const kept = new KeptLog();
    let asked = 0;
    let answer: (fault?: Error) => void = () => undefined;
    const watch = new StoreWatch(
      {
        head: () =>
          new Promise((resolve, reject) => {
            asked++;
            answer = (fault) => (fault === undefined ? resolve(START) : reject(fault));
          }),
      },
      kept.log,
    );
    await eventually('a word', () => kept.errors.length === 1 || undefined);
    answer(new Fault('store-unavailable', { store: 'it', problem: 'away' }));
    await eventually('another look', () => asked === 2 || undefined);
    answer();
    await eventually('a word', () => kept.lines.some(({ message }) => /back after \d+ s/.test(message)) || undefined);
    expect(kept.errors).to.have.lengthOf(1);
    expect(kept.errors[0]).to.match(/^The store is away since .*: no answer within 1 s$/);
    await watch.close();
  });

  it('does not delay the end: open requests are closed and reported, and the exit code shows it', async () => {
    const bench = new TestBench();
    const store = await StoreServer.start('the double of EventStoreDB');
    try {
      const { server, quickstart } = await bench.serveAlone({ IAM_STORE: store.url, IAM_STOP_SECONDS: '4' });
      await store.goAway();
      const ask = {
        verb: 'POST',
        headers: bearer(quickstart.tokens.owner),
        body: { type: 'SECOND_FACTOR_TYPE_OTP_SMS' },
      };
      const cut = call(quickstart.url, FACTORS, ask).catch(() => 'cut off');
      const headers = bearer(quickstart.tokens.owner);
      // Beside the one that asks for it.
      const isHeld = async (): Promise<boolean> =>
        (await metric(quickstart.url, headers, 'iam_requests_in_flight')) === '2';
      await eventually('a request that is held', async () => (await isHeld()) || undefined);
      // By the store, and not on its way to it still: what came later was answered.
      for (let later = 0; later < 10; later++) await call(quickstart.url, '/iam/v1/session', { headers });
      const { code, complained } = await server.stop();
      expect(await cut).to.equal('cut off');
      expect(code).to.equal(1);
      expect(complained).to.match(/1 request was not answered, and is cut off/);
      expect(complained).to.match(/Ending took longer than 4 s: it still waits for the store esdb:/);
    } finally {
      await bench.clear();
      await store.stop();
    }
  });
});

describe('a store that is restored to an earlier state under a running server', () => {
  it('makes pages read everything again, and is followed from its new head', async () => {
    const instance = { instanceId: '1' };
    const by = { actor: 'somebody' };
    const [lost, restored] = [openMemoryStore(), openMemoryStore()];
    const policies = await openLoginPolicies({ store: restored });
    const later = await openLoginPolicies({ store: lost });
    for (const one of [policies, later]) orThrow(await one.add(instance, freshInstance, by));
    orThrow(await later.removeSecondFactor(instance, 'U2F', by));
    let { eventStore } = lost;
    const feed = await ChangesFeed.open({
      head: () => eventStore.head(),
      readAll: (options) => eventStore.readAll(options),
      subscribe: (options) => eventStore.subscribe(options),
    });
    const told: Parameters<OnChanges>[0][] = [];
    feed.listen((news) => told.push(news));
    ({ eventStore } = restored);
    await later.close();
    await lost.close();
    await eventually('a reset', () => told.includes('reset') || undefined);
    orThrow(await policies.removeSecondFactor(instance, 'U2F', by));
    await eventually('a change', () => told.length === 2 || undefined);
    expect(told[1]).to.be.an('array').with.lengthOf(1);
    await feed.close();
    await policies.close();
    await restored.close();
  });
});

describe('the server in memory, and over TLS', () => {
  const bench = new TestBench();
  afterEach(() => bench.clear());

  it('starts empty each time in memory, with the same instance', async () => {
    const { server, quickstart } = await bench.serve({ IAM_STORE: 'memory:' });
    const headers = bearer(quickstart.tokens.owner);
    await call(quickstart.url, `${FACTORS}/SECOND_FACTOR_TYPE_U2F`, { verb: 'DELETE', headers });
    await server.stop();
    const url = await server.start({ IAM_STORE: 'memory:' });
    expect((await readQuickstart(server.folder)).instanceId).to.equal(quickstart.instanceId);
    expect(json<PolicyRead>(await call(url, POLICY, { headers })).policy.details.sequence).to.equal('4');
  });

  it('serves the same under https, with __Host- cookies', async () => {
    const { quickstart } = await bench.serve({ IAM_TLS_KEY: tls.keyFile, IAM_TLS_CERT: tls.certFile });
    const { url, users } = quickstart;
    expect(url).to.match(/^https:\/\//);
    const answer = await trySignIn(url, users.viewer.name, users.viewer.password);
    expect(cookieIn(answer)).to.match(/^__Host-session-[\w-]+=.*; SameSite=Strict; Path=\/; Secure$/);
    expect(answer.headers['strict-transport-security']).to.equal('max-age=31536000');
    const [cookie = ''] = cookieIn(answer).split(';');
    expect((await call(url, POLICY, { headers: { cookie } })).status).to.equal(200);
  });
});

async function metric(
  url: string,
  headers: Readonly<Record<string, string>>,
  name: string,
): Promise<string | undefined> {
  const text = (await call(url, '/metrics', { headers })).bytes.toString();
  return new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1];
}

function sequencesIn(events: EventStream['events']): readonly (string | undefined)[] {
  return events.filter(({ event }) => event === 'changed').map(({ data }) => data.sequence);
}

/** Adds and removes a factor, one after the other. */
async function toggle(url: string, headers: Readonly<Record<string, string>>, times: number): Promise<void> {
  const type = 'SECOND_FACTOR_TYPE_OTP_EMAIL';
  for (let time = 0; time < times; time++) {
    const isAdding = time % 2 === 0;
    const ask = isAdding ? { verb: 'POST', body: { type } } : { verb: 'DELETE' };
    const { status } = await call(url, isAdding ? FACTORS : `${FACTORS}/${type}`, { ...ask, headers });
    expect(status).to.equal(200);
  }
}

/** Two servers on one store, one of them killed under load and started again. On PostgreSQL each has its own folder. */
async function killedUnderLoad(bench: TestBench, variables: Readonly<Record<string, string>>): Promise<Quickstart> {
  const first = await bench.serve(variables);
  const { quickstart } = first;
  const isShared = variables['IAM_STORE']?.startsWith('postgres') !== true;
  const folder = isShared ? first.server.folder : await bench.folder();
  const killed = bench.spawn(folder, variables);
  const other = await killed.url();
  const headers = await signIn(quickstart, 'owner');
  const streams = [await EventStream.open(first.server.url, headers), await EventStream.open(other, headers)];
  const removed = await call(other, `${POLICY}/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION`, {
    verb: 'DELETE',
    headers,
  });
  expect(json<Changed>(removed).details.sequence).to.equal('5');
  for (const stream of streams) expect((await stream.told('changed')).data.sequence).to.equal('5');
  const toggles = toggle(first.server.url, headers, 20);
  await streams[1]?.told('changed', ({ sequence }) => Number(sequence) >= 10);
  killed.signal('SIGKILL');
  expect(await streams[1]?.over()).to.equal('cut off');
  const lastId = streams[1]?.events.at(-1)?.id ?? '';
  await toggles;
  // On a busy machine the one that was killed may have told of all of them before it died.
  await toggle(first.server.url, headers, 2);
  const again = await bench.spawn(folder, variables).url();
  const resumed = await EventStream.open(again, { ...headers, 'last-event-id': lastId });
  await resumed.told('changed', ({ sequence }) => sequence === '27');
  const seen = [...(streams[1]?.events ?? []), ...resumed.events];
  expect(sequencesIn(seen)).to.deep.equal(Array.from({ length: 23 }, (_, index) => String(5 + index)));
  expect(sequencesIn(streams[0]?.events ?? [])).to.deep.equal(sequencesIn(seen));
  const { policy } = json<PolicyRead>(await call(again, POLICY, { headers }));
  expect([policy.multiFactors, policy.details.sequence]).to.deep.equal([undefined, '27']);
  for (const stream of [...streams, resumed]) stream.leave();
  return quickstart;
}
