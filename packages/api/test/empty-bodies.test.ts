import { once } from 'node:events';
import type { Server } from 'node:net';
import { createServer as createHttp1Server } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { session, talk } from './raw.js';
import { openService, ROOT, waitingAuthenticate, type Service } from './service.js';

const PATH = '/admin/v1/policies/login';

describe('a request without a body and with slow authentication', () => {
  let service: Service;
  before(async () => {
    service = await openService({ ports: { authenticate: waitingAuthenticate } });
  });
  after(async () => {
    await service.close();
    expect(service.failures).to.deep.equal([]);
  });

  it('has an empty body on an own port', async () => {
    await demandTaken(service.listening.port);
    await demandTakenOverHttp2(service.listening.port);
  });

  it('has an empty body on a server that the API is mounted in', async () => {
    const old = createHttp1Server((request, response) => service.api.handler(request, response));
    const fresh = createHttp2Server((request, response) => service.api.handler(request, response));
    await demandTaken(await portOf(old));
    await demandTakenOverHttp2(await portOf(fresh));
    old.close();
    fresh.close();
  });
});

async function demandTaken(port: number): Promise<void> {
  for (const length of ['', 'content-length: 0\r\n']) {
    const lines = `host: x\r\nconnection: close\r\nauthorization: Bearer ${ROOT}\r\n${length}`;
    expect(await talk(port, [`PUT ${PATH} HTTP/1.1\r\n${lines}\r\n`])).to.match(/^HTTP\/1\.1 200 /);
  }
}

async function demandTakenOverHttp2(port: number): Promise<void> {
  const on = session(`http://127.0.0.1:${port}`);
  const headers = { ':method': 'PUT', ':path': PATH, authorization: `Bearer ${ROOT}` };
  // The headers may say that nothing follows, or a frame behind them.
  for (const endStream of [true, false]) {
    const stream = on.request(headers, { endStream }).resume();
    if (!endStream) stream.end();
    const [answered] = await once(stream, 'response');
    expect(answered, `endStream ${endStream}`).to.include({ ':status': 200 });
  }
  on.close();
}

async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
