import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { call } from './client.js';
import { TestBench } from './running-server.js';
import { StoreServer } from './store-server.js';
import { eventually } from './waiting.js';

describe('starting while the store is unavailable', () => {
  const bench = new TestBench();
  let postgres: StoreServer;
  before(async () => {
    postgres = await StoreServer.start('PostgreSQL');
  });
  after(async () => {
    await bench.clear();
    await postgres.stop();
  });

  it('reports the refusal of PostgreSQL at once, retries, and answers once it is available', async () => {
    await postgres.goAway();
    const server = bench.spawn(await bench.folder(), { IAM_STORE: postgres.url });
    const said = "can't be opened: .* is not available: .* It is tried again for \\d+ s\\.";
    await eventually('a refusal', () => new RegExp(said).exec(server.output.complained) ?? undefined);
    await postgres.comeBack();
    expect((await call(await server.url(), '/debug/ready')).status).to.equal(200);
    expect((await server.stop()).code).to.equal(0);
  });

  it('retries after a refusal of EventStoreDB', async () => {
    const server = bench.spawn(await bench.folder(), { IAM_STORE: 'esdb://127.0.0.1:1?tls=false' });
    await eventually('a refusal', () => /It is tried again/.exec(server.output.complained) ?? undefined);
    server.signal('SIGTERM');
    expect((await server.ended()).code).to.equal(0);
  });

  it('ends at once with exit code 78 where the address of the store is malformed', async () => {
    for (const store of ['esdb://me:s3cret@127.0.0.1:1?tls=maybe', 'postgres://me:s3cret@127.0.0.1:99999/none']) {
      const { code, complained } = await bench.spawn(await bench.folder(), { IAM_STORE: store }).ended();
      expect(code, complained).to.equal(78);
      expect(complained)
        .to.include("can't be opened: ")
        .and.not.match(/s3cret|tried again|\.\."/);
    }
  });

  it('ends at once with exit code 0 on request, whatever it waits for', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    try {
      const store = `postgres://me@127.0.0.1:${port}/none`;
      const server = bench.spawn(await bench.folder(), { IAM_STORE: store });
      await once(silent, 'connection');
      server.signal('SIGTERM');
      const { code, complained, said } = await server.ended();
      expect({ code, said }).to.deep.equal({ code: 0, said: '' });
      expect(complained).to.include('The server was told to end while it was starting.').and.not.include('"error"');
    } finally {
      silent.close();
    }
  });
});
