import { describe, it } from 'mocha';
import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { fileURLToPath } from 'node:url';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcTransport } from '@connectrpc/connect-node';
import { AdminService } from '@zitadel/proto/zitadel/admin_pb.js';
import { curl, curlClient } from './clients/curl.js';
import { ask, framed, grpc, session } from './raw.js';
import { openService, ROOT } from './service.js';

const certificate = new URL('../test/tls/certificate.pem', import.meta.url);
const tls = { cert: readFileSync(certificate), key: readFileSync(new URL('../test/tls/key.pem', import.meta.url)) };
const bearer = { headers: { authorization: `Bearer ${ROOT}` } };
const READ = { service: 'admin', method: 'GetLoginPolicy', token: ROOT } as const;

describe('one port with TLS', () => {
  it('speaks gRPC, Connect and REST over HTTP/1.1 and HTTP/2', async () => {
    const service = await openService({ listen: { tls } });
    const nodeOptions = { ca: tls.cert };
    try {
      const baseUrl = service.url;
      const overGrpc = createClient(AdminService, createGrpcTransport({ baseUrl, nodeOptions }));
      const overConnect = createClient(
        AdminService,
        createConnectTransport({ baseUrl, nodeOptions, httpVersion: '1.1' }),
      );
      const read = await overGrpc.getLoginPolicy({}, bearer);
      expect(await overConnect.getLoginPolicy({}, bearer)).to.deep.equal(read);
      for (const http of ['--http1.1', '--http2']) {
        const { status } = await curl([
          http,
          '--cacert',
          fileURLToPath(certificate),
          '-H',
          `authorization: Bearer ${ROOT}`,
          `${baseUrl}/admin/v1/policies/login`,
        ]);
        expect([http, status]).to.deep.equal([http, 200]);
      }
    } finally {
      await service.close();
    }
  });
});

describe('one port without TLS', () => {
  it('speaks HTTP/2 with REST clients that expect it', async () => {
    const service = await openService();
    try {
      const [one, two] = [curlClient(service.url), curlClient(service.url, 'http2-prior-knowledge')];
      expect(await two.call(READ)).to.deep.equal(await one.call(READ));
    } finally {
      await service.close();
    }
  });
});

describe('mounted in another server', () => {
  it('answers 500 at once if the body was already read, and reports it to the operator', async () => {
    const service = await openService();
    const server = createServer((request, response) => {
      request.on('end', () => setImmediate(() => service.api.handler(request, response))).resume();
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${portOf(server)}/admin/v1/policies/login`;
    expect((await fetch(url, bearer)).status, 'what has no body').to.equal(200);
    expect((await fetch(url, { ...bearer, method: 'PUT', body: '{}' })).status).to.equal(500);
    expect(service.failures.map(String)).to.deep.equal([
      'Error: the body was read before the API came to it, and is not in request.body',
    ]);
    server.closeAllConnections();
    server.close();
    await service.close();
  });

  it('answers its own paths and leaves all others to the server', async () => {
    const service = await openService();
    const server = createServer((request, response) => {
      service.api.handler(request, response, () => response.end('not the API'));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${portOf(server)}`;
    expect(await (await fetch(`${url}/index.html`)).text()).to.equal('not the API');
    expect((await fetch(`${url}/admin/v1/policies/login`, bearer)).status).to.equal(200);
    expect((await fetch(`${url}/admin/v1/policies/login`, { ...bearer, method: 'PATCH' })).status).to.equal(405);
    const client = createClient(AdminService, createConnectTransport({ baseUrl: url, httpVersion: '1.1' }));
    expect((await client.getLoginPolicy({}, bearer)).policy?.isDefault).to.equal(true);
    server.closeAllConnections();
    server.close();
    await service.close();
  });
});

describe('a message over gRPC', () => {
  it('may contain colons and umlauts', async () => {
    const service = await openService();
    const on = session(service.url);
    const id = Buffer.from('ü: 100%');
    const path = '/zitadel.admin.v1.AdminService/RemoveIDPFromLoginPolicy';
    const message = framed(Buffer.concat([Buffer.from([0x0a, id.length]), id]));
    const short = await ask(on, grpc(path), message);
    expect(String(short.trailers['grpc-message'])).to.contain('"%C3%BC: 100%25" is not on');
    on.close();
    await service.close();
  });
});

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  throw new Error('the server does not listen');
}
