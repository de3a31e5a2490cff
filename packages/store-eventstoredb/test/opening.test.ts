import { EventStoreDBClient } from '@eventstore/db-client';
import { type EventStore, streamId } from '@login-policy/event-sourcing';
import type { EventFilter } from '@login-policy/event-sourcing/store';
import {
  connectEventStoreDb,
  openEventStoreDbStore,
  type EventStoreDbStoreOptions,
} from '@login-policy/store-eventstoredb';
import { counterTotals } from '@login-policy/testkit';
import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { after, before, describe, it } from 'mocha';
import { selfSignedCertificate } from './certificate.js';
import { Double } from './double/double.js';
import { appendOf, faultOf } from './events.js';
import { startServer, unusedPrefix, type TestServer } from './server.js';

const STREAM = streamId('Counter', 'one');

describe('a store that is opened', () => {
  let server: TestServer;

  before(async () => {
    server = await startServer();
  });

  after(() => server.stop());

  it('with a prefix is isolated from one with another prefix', async () => {
    const prefix = unusedPrefix();
    const [outer, inner] = [prefix, `${prefix}inner.`].map((streamPrefix) =>
      connectEventStoreDb(server.url, { streamPrefix }),
    );
    if (outer === undefined || inner === undefined) throw new Error('two stores');
    const [own] = await outer.eventStore.append(appendOf(STREAM, 1));
    const [other] = await inner.eventStore.append(appendOf(STREAM, 1));
    expect([own?.revision, other?.revision]).to.deep.equal([0n, 0n]);
    expect(await idsOf(outer.eventStore)).to.deep.equal([own?.id]);
    expect(await idsOf(inner.eventStore)).to.deep.equal([other?.id]);
    expect(await outer.eventStore.head()).to.equal(own?.position);
    // The server sends more than is asked for: what it sends is told apart here.
    await outer.eventStore.append({ ...appendOf(STREAM, 0), receipt: { key: 'k', fingerprint: 'f' } });
    const filter = { categories: ['Counter'] };
    expect(await idsOf(outer.eventStore, filter)).to.deep.equal([own?.id]);
    expect(await idsOf(inner.eventStore, filter)).to.deep.equal([other?.id]);
    await Promise.all([outer.close(), inner.close()]);
  });

  it('refuses a malformed prefix, and a malformed time-out', () => {
    for (const streamPrefix of ['staging', 'a-b.', '.', '1.', 'ä.', 'a..']) {
      expect(refusalOf(server.url, { streamPrefix }), streamPrefix).to.match(
        /^RangeError: connectEventStoreDb: streamPrefix must be/,
      );
    }
    for (const appendMs of [0, -1, Number.NaN, 2 ** 31]) {
      expect(refusalOf(server.url, { timeouts: { appendMs } })).to.match(
        /^RangeError: connectEventStoreDb: timeouts.appendMs must be/,
      );
    }
  });

  it('refuses a misspelt option', () => {
    expect(refusalOf(server.url, Object({ streamprefix: 'a.' }))).to.match(
      /streamprefix is not an option. Did you mean streamPrefix\?/,
    );
    expect(refusalOf(server.url, { timeouts: Object({ appendMS: 1 }) })).to.match(
      /timeouts.appendMS is not an option. Did you mean appendMs\?/,
    );
  });

  it('never prints a connection string, which may have a password', async () => {
    const program = `import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
      for (const url of process.argv.slice(1)) try { await connectEventStoreDb(url).close(); } catch (error) { console.error(error); }`;
    const options = ['tls=false&tlsCaFil=ca.crt', 'tlsVerifyCert=false', 'tls=maybe', 'dnsdiscover=true', 'tls'];
    const urls = options.map((option) => `esdb://admin:s3cret@127.0.0.1:1?${option}`);
    urls.push('esdb://admin:p?s3cret=1@127.0.0.1:1?tls=false&x=1', 'esdb://admin:p#s3cret@127.0.0.1:1');
    urls.push('esdb://admin:p%s3cret@127.0.0.1:1', 'esdb://admin:p:s3cret@127.0.0.1:1');
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    const node = spawn(process.execPath, ['--input-type=module', '--eval', program, ...urls], { cwd });
    const said: string[] = [];
    for (const stream of [node.stdout, node.stderr]) stream.on('data', (chunk) => said.push(String(chunk)));
    await once(node, 'close');
    expect(said.join(''))
      .to.contain(
        'connectEventStoreDb: connectionString has an option that the client ignores. Did you mean tlsCAFile?',
      )
      .and.to.match(/connectionString is malformed: Unexpected … at position \d+, expected true or false\./)
      .and.to.match(/RangeError: .* write a percent sign in it as %25/)
      .and.to.match(/RangeError: .* write a colon in the user name or the password as %3A/)
      .and.not.to.contain('s3cret');
  });

  it('refuses a port or a number with other characters behind it, which the client would cut off', async () => {
    for (const hosts of ['127.0.0.1:21x13', '127.0.0.1:2113x', 'a:2113,b:2_113', 'a:0', 'a:65536', 'a:'])
      expect(refusalOf(`esdb://admin:s3cret@${hosts}?tls=false`, {}), hosts).to.equal(
        'RangeError: connectEventStoreDb: connectionString must have hosts, each with a port of 1 to 65535 or none',
      );
    for (const option of ['gossipTimeout=5s', 'max_discover_attempts=1e3', 'keepAliveInterval=1.5'])
      expect(refusalOf(`esdb://127.0.0.1:1?tls=false&${option}`, {}), option).to.match(
        /^RangeError: connectEventStoreDb: \w+ of connectionString must be a whole number$/,
      );
    for (const url of ['esdb://a:1,b:65535/?keepAliveInterval=-1&gossipTimeout=5', 'esdb://a,b', 'esdb+discover://a'])
      await connectEventStoreDb(url).close();
  });

  it('does not take a slash after a host for a part of its name', async () => {
    for (const url of ['esdb://127.0.0.1/', 'esdb://127.0.0.1/?tls=false', 'esdb://127.0.0.1?tls=false/']) {
      const { eventStore, close } = connectEventStoreDb(url, { timeouts: { retryMs: 1 } });
      const answer: unknown = await eventStore.head().catch((error: unknown) => error);
      expect(String(answer)).not.to.contain('Name resolution failed');
      await close();
    }
  });

  it('reports its clock tolerance by the time-out of an append (K33)', async () => {
    const [usual, patient] = [
      connectEventStoreDb(server.url),
      connectEventStoreDb(server.url, { timeouts: { appendMs: 7000 } }),
    ];
    expect([usual.eventStore.lateByMs, patient.eventStore.lateByMs]).to.deep.equal([10_000, 14_000]);
    await Promise.all([usual.close(), patient.close()]);
  });

  it('refuses a client of another library', () => {
    const another = Object.create(EventStoreDBClient.prototype);
    const members = ['execute', 'callArguments', 'handleError'].map((name) => [name, (): undefined => undefined]);
    // As those of another copy have: the same members, and other messages.
    const alike: EventStoreDBClient = Object.assign(Object.create(null), Object.fromEntries(members));
    for (const client of [another, alike, Object.assign(alike, { setCredentialsProvider: (): undefined => undefined })])
      expect(() => openEventStoreDbStore({ client })).to.throw('not a client of the @kurrent/kurrentdb-client 1.3 or');
  });

  it('can be closed twice, together with its read models', async () => {
    const store = connectEventStoreDb(server.url);
    await Promise.all([store.close(), store.close()]);
    await store.close();
    const fault = await faultOf(store.readModels.open(counterTotals));
    expect(fault.code).to.equal('store-closed');
  });

  it('ends its idle call, which the server never would', async () => {
    const double = await Double.start();
    const { eventStore, close } = connectEventStoreDb(double.url);
    await eventStore.append(appendOf(STREAM, 1));
    while (double.openCalls > 0) await setImmediate();
    expect(await eventStore.append(appendOf(STREAM, 1))).to.have.length(1);
    await close();
    await double.stop();
  });

  it('does not prevent the end of a process that has not closed it', async () => {
    const program = `
      import { monotonicIds, streamId } from '@login-policy/event-sourcing';
      import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
      const { eventStore } = connectEventStoreDb('${server.url}', { streamPrefix: '${unusedPrefix()}' });
      const metadata = { actor: 'child', correlationId: 'c' };
      const event = { id: monotonicIds()(), type: 'Counted', schemaVersion: 1, data: {}, metadata };
      await eventStore.append({ streamId: streamId('Counter', 'x'), expected: 'no-stream', events: [event] });
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      cwd: fileURLToPath(new URL('.', import.meta.url)),
    });
    const [code] = await once(child, 'exit');
    expect(code).to.equal(0);
  });
});

describe('a store that is opened over TLS', () => {
  let double: Double;
  let directory: string;
  let url: (user: string) => string;

  before(async () => {
    const certificate = selfSignedCertificate();
    directory = await mkdtemp(join(tmpdir(), 'login-policy-'));
    const caFile = join(directory, 'ca.crt');
    await writeFile(caFile, certificate.certificate);
    double = await Double.startWithTls(certificate, ['ann:right', 'bob:also-right']);
    url = (user) => `esdb://${user}@localhost:${double.port}?tls=true&tlsCAFile=${caFile}`;
  });

  after(async () => {
    await double.stop();
    await rm(directory, { recursive: true });
  });

  it('sends the user and password of the connection string', async () => {
    const store = connectEventStoreDb(url('ann:right'));
    expect(await store.eventStore.append(appendOf(STREAM, 1))).to.have.length(1);
    await store.close();
  });

  it('sends other credentials if they are given', async () => {
    const credentials = { username: 'bob', password: 'also-right' };
    const store = connectEventStoreDb(url('ann:wrong'), { credentials });
    expect(await store.eventStore.append(appendOf(STREAM, 1))).to.have.length(1);
    await store.close();
  });

  it('names the right that the user lacks', async () => {
    const { eventStore, close } = connectEventStoreDb(url('ann:right'));
    double.mode.isDenied = (streamName) => streamName === '$all';
    const { message } = await faultOf(eventStore.head());
    double.mode.isDenied = () => false;
    expect(message).to.contain(
      'the user needs the right to read $all, to read and append to the streams of this store, and',
    );
    await close();
  });

  it('reports wrong credentials for every call, and writes nothing', async () => {
    const { length } = double.log.records;
    const { eventStore, close } = connectEventStoreDb(url('ann:wrong'));
    const calls = [
      eventStore.append({ ...appendOf(STREAM, 1), expected: 'no-stream' }),
      idsOf(eventStore),
      eventStore.head(),
      eventStore.subscribe()[Symbol.asyncIterator]().next(),
    ];
    for (const fault of await Promise.all(calls.map(faultOf)))
      expect(fault.message).to.contain('access was denied').and.to.contain('the user name or the password is wrong');
    expect(double.log.records).to.have.length(length);
    await close();
  });
});

async function idsOf(eventStore: EventStore, filter?: EventFilter): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const page of eventStore.readAll(filter === undefined ? {} : { filter }))
    ids.push(...page.map(({ id }) => id));
  return ids;
}

function refusalOf(url: string, options: EventStoreDbStoreOptions): string {
  try {
    connectEventStoreDb(url, options);
    return 'opened';
  } catch (error) {
    return String(error);
  }
}
