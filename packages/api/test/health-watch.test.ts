import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Http2Server } from 'node:http2';
import { connect, createServer as createProxy, type AddressInfo, type Server } from 'node:net';
import type { AccessEntry } from '@login-policy/api';
import { paced } from '@login-policy/testkit';
import { asking, check, healthClient, lagging, watch, WATCH, type HealthClient, type Lagging } from './health.js';
import { ask, framed, grpc, session } from './raw.js';
import { openService, type Service } from './service.js';

const ADMIN = 'zitadel.admin.v1.AdminService';

describe('a watch of the health by connect-node', () => {
  let lag: Lagging;
  let service: Service;
  let client: HealthClient;
  before(async () => {
    lag = lagging();
    service = await openService({
      api: { loginPolicies: lag.policies },
      listen: { maxConcurrentStreams: 3, idleTimeoutMs: paced(100) },
    });
    client = healthClient(service.url);
  });
  after(async () => {
    client.close();
    await service.close();
    expect(service.failures).to.deep.equal([]);
  });

  it('gets the status at once, and then each change, also after long idleness', async () => {
    const [whole, one] = [watch(client), watch(client, ADMIN)];
    expect([await whole.next(), await one.next()]).to.deep.equal(['SERVING', 'SERVING']);
    for (const [seconds, status] of [
      [31, 'NOT_SERVING'],
      [30, 'SERVING'],
    ] as const) {
      lag.seconds = seconds;
      expect([await whole.next(), await one.next()]).to.deep.equal([status, status]);
    }
    whole.cancel();
    one.cancel();
    expect(await whole.next()).to.equal('1');
  });

  it('gets service-unknown for an unknown service, and stays open', async () => {
    const watching = watch(client, 'no.such.Service');
    expect(await watching.next()).to.equal('SERVICE_UNKNOWN');
    const over = watching.next();
    expect(await Promise.race([over, check(client)])).to.equal('SERVING');
    watching.cancel();
    expect(await over).to.equal('1');
  });

  it('ends with its deadline', async () => {
    const watching = watch(client, '', paced(500));
    expect([await watching.next(), await watching.next()]).to.deep.equal(['SERVING', '4']);
    const on = session(service.url);
    const { body, trailers } = await ask(on, grpc(WATCH, { 'grpc-timeout': `${paced(200)}m` }), framed(asking('')));
    on.close();
    expect([body.toString('hex'), trailers['grpc-status']]).to.deep.equal(['00000000020801', '4']);
  });

  it('counts as one of the concurrent calls of a connection', async () => {
    const on = session(service.url);
    await once(on, 'remoteSettings');
    const answered: string[] = [];
    const call = async (name: string, path: string, headers = {}): Promise<void> => {
      const { trailers } = await ask(on, grpc(path, headers), framed(asking('')));
      answered.push(`${name} ${String(trailers['grpc-status'])}`);
    };
    // One that its client cancels does as well, but for a moment more on Node 24: who waits is refused then.
    const first = call('watch', WATCH, { 'grpc-timeout': '200m' });
    const others = [call('watch', WATCH), call('watch', WATCH)];
    await call('check', '/grpc.health.v1.Health/Check');
    await first;
    expect(answered).to.deep.equal(['watch 4', 'check 0']);
    on.destroy();
    await Promise.all(others);
  });

  it('is refused with code 3 if it is malformed; other methods than Check and Watch with 12', async () => {
    const on = session(service.url);
    expect((await ask(on, grpc(WATCH), framed(Buffer.from([0x0a, 9])))).trailers['grpc-status']).to.equal('3');
    expect((await ask(on, grpc(WATCH), new Uint8Array(0))).trailers['grpc-status']).to.equal('3');
    const list = await ask(on, grpc('/grpc.health.v1.Health/List'), framed(new Uint8Array(0)));
    expect(list.trailers['grpc-status']).to.equal('12');
    on.close();
  });
});

describe('many watches', () => {
  it('poll no more often than one, and not at all without clients', async () => {
    const lag = lagging();
    const ended: string[] = [];
    const service = await openService({
      api: { loginPolicies: lag.policies, onAnswered: ({ path }) => ended.push(path) },
      // Long enough to see whether one that is gone is still asked for, each second.
      listen: { idleTimeoutMs: 2500 },
    });
    const on = session(service.url);
    const closed = new Promise((resolve) => {
      on.once('close', resolve);
    });
    const answers = Array.from({ length: 50 }, () => on.request({ ':method': 'POST', ...grpc(WATCH) }));
    const told = answers.map(
      (stream) =>
        new Promise<void>((resolve) => {
          let size = 0;
          stream.on('data', ({ length }: Buffer) => {
            size += length;
            if (size === 14) resolve();
          });
          stream.end(framed(new Uint8Array(0)));
        }),
    );
    await new Promise((resolve) => {
      answers[0]?.once('response', resolve);
    });
    lag.seconds = 31;
    await Promise.all(told);
    expect(lag.asked).to.be.lessThan(paced(5));
    for (const stream of answers) stream.close(8);
    const askedBefore = lag.asked;
    // The server closes the connection when it lies idle: it has forgotten what was on it.
    await closed;
    expect(lag.asked - askedBefore).to.be.lessThan(paced(2));
    expect(ended).to.deep.equal(answers.map(() => WATCH));
    await service.close();
  });

  it('end also if a client disappears silently', async () => {
    const service = await openService({ listen: { idleTimeoutMs: paced(100) } });
    let isDeaf = false;
    const proxy = createProxy();
    const cut = new Promise((resolve) => {
      proxy.once('connection', (near) => {
        const far = connect(service.listening.port, '127.0.0.1');
        near.on('data', (bytes) => {
          if (!isDeaf) far.write(bytes);
        });
        far.on('data', (bytes) => near.write(bytes)).once('close', resolve);
      });
    });
    const client = healthClient(`http://127.0.0.1:${await portOf(proxy)}`);
    const watching = watch(client);
    expect(await watching.next()).to.equal('SERVING');
    isDeaf = true;
    await cut;
    client.close();
    proxy.close();
    await service.close();
  });
});

describe('watches that are pipelined behind another over HTTP/1.1', () => {
  it('begin when it is over, and never if the connection closes before', async () => {
    const lag = lagging();
    const ended: string[] = [];
    const count = 12;
    let end: () => void = () => undefined;
    const isOver = new Promise<void>((resolve) => {
      end = resolve;
    });
    const onAnswered = ({ path }: AccessEntry): void => {
      if (path === WATCH && ended.push(path) === 1) end();
    };
    const service = await openService({ api: { loginPolicies: lag.policies, onAnswered } });
    const socket = connect(service.listening.port, '127.0.0.1');
    const head = `POST ${WATCH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc-web\r\ncontent-length: 5\r\n\r\n`;
    socket.write((head + '\0'.repeat(5)).repeat(count));
    await once(socket, 'data');
    const client = healthClient(service.url);
    await check(client);
    client.close();
    // One that only closes is noticed by the probes of TCP: behind the watch stand bytes that nobody has read.
    socket.resetAndDestroy();
    await isOver;
    await service.close();
    expect(ended).to.deep.equal([WATCH]);
  });
});

describe('a graceful end', () => {
  it('notifies watches, and does not wait for them', async () => {
    const certificate = readFileSync(new URL('../test/tls/certificate.pem', import.meta.url));
    const key = readFileSync(new URL('../test/tls/key.pem', import.meta.url));
    const plain = await openService();
    const secure = await openService({ listen: { tls: { cert: certificate, key } } });
    const clients = [healthClient(plain.url), healthClient(secure.url, certificate)];
    const watches = clients.flatMap((client) => [watch(client), watch(client, ADMIN)]);
    for (const watching of watches) expect(await watching.next()).to.equal('SERVING');
    const unknown = watch(clients[0] ?? healthClient(plain.url), 'no.such.Service');
    expect(await unknown.next()).to.equal('SERVICE_UNKNOWN');
    // Longer than a test may take.
    const closed = Promise.all([
      plain.listening.close({ graceMs: 3_600_000 }),
      secure.listening.close({ graceMs: 3_600_000 }),
    ]);
    for (const watching of watches) {
      expect([await watching.next(), await watching.next()]).to.deep.equal(['NOT_SERVING', 'OK']);
    }
    expect(await unknown.next()).to.equal('OK');
    await closed;
    for (const client of clients) client.close();
    await Promise.all([plain.close(), secure.close()]);
  });

  it('reaches watches over HTTP/1.1, and those in another server', async () => {
    const service = await openService();
    const type = 'application/grpc-web';
    const overWeb = await fetch(`${service.url}${WATCH}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body: framed(new Uint8Array(0)),
    });
    const server = createServer((request, response) => service.api.handler(request, response));
    const client = healthClient(`http://127.0.0.1:${await portOf(server)}`);
    const watching = watch(client);
    expect(await watching.next()).to.equal('SERVING');
    service.api.endWatches();
    expect([await watching.next(), await watching.next()]).to.deep.equal(['NOT_SERVING', 'OK']);
    const late = watch(client);
    expect(await late.next()).to.equal('NOT_SERVING');
    client.close();
    await new Promise((resolve) => {
      server.close(resolve);
    });
    await service.listening.close({ graceMs: 60_000 });
    expect(overWeb.headers.get('content-type')).to.equal(type);
    const said = Buffer.from(await overWeb.arrayBuffer());
    expect(said.toString('hex', 0, 14)).to.equal('0000000002080100000000020802');
    expect(said.toString('latin1', 19)).to.contain('grpc-status: 0');
    await service.close();
  });
});

async function portOf(server: Server | Http2Server): Promise<number> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address: AddressInfo | string | null = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the server does not listen');
}
