import { ProjectionRunner, streamId, type Store } from '@login-policy/event-sourcing';
import { connectEventStoreDb } from '@login-policy/store-eventstoredb';
import { counterTotals, paced, type CounterEvent, type CounterRow } from '@login-policy/testkit';
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSignedCertificate, type Certificate } from './certificate.js';
import { Double } from './double/double.js';
import { appendOf, faultOf } from './events.js';

const STREAM = streamId('Counter', 'one');
const CLOSE_MS = 300;

const cleanUps: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

function opened(url: string): Store {
  const store = connectEventStoreDb(url, { timeouts: { closeMs: CLOSE_MS } });
  cleanUps.push(() => store.close());
  return store;
}

function follow(store: Store): Promise<ProjectionRunner<CounterEvent, CounterRow>> {
  return ProjectionRunner.open({ store, projection: counterTotals });
}

/** Takes connections and says nothing. */
async function silentPort(): Promise<number> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function tlsDouble(certificate: Certificate, trusted: Certificate = certificate): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'login-policy-'));
  cleanUps.push(() => rm(directory, { recursive: true }));
  const caFile = join(directory, 'ca.crt');
  await writeFile(caFile, trusted.certificate);
  const double = await Double.startWithTls(certificate, ['ann:right']);
  cleanUps.push(() => double.stop());
  return `esdb://ann:right@localhost:${double.port}?tls=true&tlsCAFile=${caFile}`;
}

const UNREACHABLE: Readonly<Record<string, () => Promise<string>>> = {
  'that refuses connections': async () => 'esdb://127.0.0.1:1?tls=false',
  'that says nothing': async () => `esdb://127.0.0.1:${await silentPort()}?tls=false`,
  'whose certificate is of another authority': async () => tlsDouble(selfSignedCertificate(), selfSignedCertificate()),
};

describe('a read model of a server that was never reached', () => {
  for (const [what, urlOf] of Object.entries(UNREACHABLE)) {
    it(`is closed at once beside one ${what}`, async () => {
      const follower = await follow(opened(await urlOf()));
      const read = faultOf(follower.read([STREAM], { waitMs: 30_000 }));
      await sleep(100);
      const since = performance.now();
      await follower.close({ closeMs: CLOSE_MS });
      expect(performance.now() - since).to.be.below(CLOSE_MS + paced(1000));
      expect((await read).code).to.equal('store-closed');
    });
  }
});

const MISTAKEN: Readonly<Record<string, { readonly url: () => Promise<string>; readonly says: RegExp }>> = {
  'a certificate of another authority': {
    url: () => tlsDouble(selfSignedCertificate(), selfSignedCertificate()),
    says: /self-signed certificate/,
  },
  'a certificate that has expired': {
    url: () => tlsDouble(selfSignedCertificate(-3_600_000)),
    says: /certificate has expired/,
  },
  'TLS where the server has none': {
    url: async () => {
      const double = await Double.start();
      cleanUps.push(() => double.stop());
      return `esdb://localhost:${double.port}?tls=true`;
    },
    says: /wrong version number|SSL|EPROTO/,
  },
  'no TLS where the server wants it': {
    url: async () => (await tlsDouble(selfSignedCertificate())).replace('tls=true', 'tls=false'),
    says: /ended with status 14/,
  },
};

describe('a call to an unreachable server', () => {
  for (const [what, { url, says }] of Object.entries(MISTAKEN)) {
    it(`is reported: ${what}`, async () => {
      const store = opened(await url());
      const follower = await follow(store);
      cleanUps.push(() => follower.close());
      const faults = await Promise.all([
        faultOf(follower.read([STREAM], { waitMs: 1000 })),
        faultOf(follower.ready({ waitMs: 1000 })),
        faultOf(store.eventStore.append(appendOf(STREAM, 1))),
      ]);
      expect(faults.map(({ code }) => code)).to.deep.equal([
        'projection-behind',
        'projection-behind',
        'store-unavailable',
      ]);
      for (const { message } of faults) expect(message).to.match(says);
    });
  }
});

describe('a connection to the server that dies silently', () => {
  it('delays a write no longer than appendMs and the look-up of its outcome', async () => {
    const double = await Double.startBehindWire();
    cleanUps.push(() => double.stop());
    const { eventStore } = opened(double.url);
    await eventStore.append(appendOf(STREAM, 1));
    double.wire.lose();
    const since = performance.now();
    expect(await eventStore.append(appendOf(STREAM, 1))).to.have.length(1);
    expect(performance.now() - since).to.be.below(5000 + paced(1000));
    expect(double.log.stream(STREAM)).to.have.length(2);
  });
});
