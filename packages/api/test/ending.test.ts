import { describe, it } from 'mocha';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { openPort } from '@login-policy/api';
import { curlClient } from './clients/curl.js';
import { zitadelGrpc } from './clients/protobuf-es-clients.js';
import { ask, framed, grpc, received, session } from './raw.js';
import { openService, ROOT } from './service.js';

const bearer = { headers: { authorization: `Bearer ${ROOT}` } };
const READ = { service: 'admin', method: 'GetLoginPolicy', token: ROOT } as const;

describe('a graceful end', () => {
  it('completes running requests over HTTP/1.1 and HTTP/2, and accepts no new ones', async () => {
    const gate = latch();
    const waiting = latch();
    let arrived = 0;
    const isAllowed = async (): Promise<boolean> => {
      if (++arrived === 2) waiting.open();
      await gate.opened;
      return true;
    };
    const service = await openService({ ports: { isAllowed } });
    const calls = Promise.all([zitadelGrpc(service.url).call(READ), curlClient(service.url).call(READ)]);
    await waiting.opened;
    const closed = service.listening.close();
    gate.open();
    expect((await calls).map(({ ok }) => ok)).to.deep.equal([true, true]);
    await closed;
    expect(await fetch(service.url).catch(() => 'refused')).to.equal('refused');
    await service.close();
  });

  it('closes connections that do not end in time', async () => {
    const waiting = latch();
    let arrived = 0;
    const isAllowed = (): Promise<boolean> => {
      if (++arrived === 2) waiting.open();
      return new Promise<boolean>(() => undefined);
    };
    const service = await openService({ ports: { isAllowed } });
    const overHttp1 = fetch(`${service.url}/admin/v1/policies/login`, bearer).catch(() => 'cut off');
    const on = session(service.url);
    const overHttp2 = ask(on, grpc('/zitadel.admin.v1.AdminService/GetLoginPolicy'), framed(new Uint8Array(0)));
    await waiting.opened;
    await service.listening.close({ graceMs: 100 });
    expect(await overHttp1).to.equal('cut off');
    expect((await overHttp2).trailers['grpc-status']).to.equal(undefined);
    await service.close();
  });

  it('keeps to its time also while clients keep connecting and each answer is expensive', async () => {
    let answered = 0;
    const port = await openPort(
      (_, response) => {
        for (const until = performance.now() + 20; performance.now() < until;);
        answered++;
        response.end();
      },
      { port: 0 },
    );
    const askOn = async (): Promise<void> => {
      for (;;) await (await fetch(port.url, { headers: { connection: 'close' } })).text();
    };
    const clients = Array.from({ length: 20 }, () => askOn().catch(() => undefined));
    while (answered < 20) await setImmediate();
    const before = answered;
    await port.close({ graceMs: 400 });
    // A second of answers and more, where the time was not looked at.
    expect(answered - before).to.be.below(60);
    await Promise.all(clients);
  });

  it('answers requests sent just before, also on connections that were not accepted yet', async () => {
    for (let round = 0; round < 5; round++) {
      const service = await openService();
      const request = 'GET /debug/healthz HTTP/1.1\r\nhost: x\r\n\r\n';
      const kept = connect(service.listening.port, '127.0.0.1');
      kept.write(request);
      await once(kept, 'data');
      const sockets = Array.from({ length: 50 }, () => connect(service.listening.port, '127.0.0.1'));
      const answers = [kept, ...sockets].map((socket) => received(socket));
      for (const socket of [kept, ...sockets]) socket.write(request);
      await Promise.all(sockets.map((socket) => once(socket, 'connect')));
      await service.listening.close();
      for (const answer of await Promise.all(answers)) expect(answer).to.match(/^HTTP\/1.1 200 OK\r\n/);
      await service.close();
    }
  });

  it('waits only briefly for half a request', async () => {
    const service = await openService();
    const sockets = ['G', 'GET / HTTP/1.1\r\nhost: x\r\nx', 'PRI * HT'].map((text) => {
      const socket = connect(service.listening.port, '127.0.0.1');
      socket.on('error', () => undefined).write(text);
      return socket;
    });
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    await (await fetch(`${service.url}/debug/healthz`)).text();
    // Longer than a test may take.
    await service.listening.close({ graceMs: 3_600_000 });
    for (const socket of sockets) socket.destroy();
    await service.close();
  });

  it('does not wait for idle connections', async () => {
    const service = await openService();
    const silent = connect(service.listening.port, '127.0.0.1');
    const on = session(service.url);
    await ask(on, grpc('/zitadel.admin.v1.AdminService/Healthz'), framed(new Uint8Array(0)));
    await (await fetch(`${service.url}/debug/healthz`)).text();
    // Longer than a test may take.
    await service.listening.close({ graceMs: 3_600_000 });
    silent.destroy();
    await service.close();
  });
});

describe('a graceful end with TLS', () => {
  it('closes kept-alive connections, over both HTTP versions', async () => {
    const certificate = readFileSync(new URL('../test/tls/certificate.pem', import.meta.url));
    const key = readFileSync(new URL('../test/tls/key.pem', import.meta.url));
    const service = await openService({ listen: { tls: { cert: certificate, key } } });
    const agent = new Agent({ keepAlive: true, ca: certificate });
    await new Promise((resolve, reject) => {
      get(`${service.url}/debug/healthz`, { agent }, (answer) => answer.resume().on('end', resolve)).on(
        'error',
        reject,
      );
    });
    const on = session(service.url, { ca: certificate });
    await ask(on, grpc('/zitadel.admin.v1.AdminService/Healthz'), framed(new Uint8Array(0)));
    // Longer than a test may take.
    await service.listening.close({ graceMs: 3_600_000 });
    agent.destroy();
    await service.close();
  });
});

/** Something that is waited for until it happens. */
function latch(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
