import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { describe, it } from 'mocha';
import { expect } from 'chai';
import type { AccessEntry, Ports } from '@login-policy/api';
import { CLIENTS } from './clients/all.js';
import { ask, framed, grpc, session } from './raw.js';
import { ACME, countEvents, openService, ROOT } from './service.js';

const READ = { service: 'admin', method: 'GetLoginPolicy', token: ROOT } as const;

describe('an internal failure', () => {
  it('is answered with code 13 over every protocol; only the operator gets its cause', async () => {
    const cause = new Error('the password of the database is hunter2');
    const isAllowed = (): Promise<boolean> => Promise.reject(cause);
    const service = await openService({ ports: { isAllowed } });
    const clients = CLIENTS.map((makeClient) => makeClient(service.url));
    for (const client of clients) {
      const outcome = await client.call(READ);
      expect(outcome).to.include({ ok: false, code: 13, id: 'LP-500' });
      expect(JSON.stringify(outcome)).not.to.contain('hunter2');
      client.close?.();
    }
    expect(service.failures).to.deep.equal(clients.map(() => cause));
    await service.close();
  });

  it('is answered with code 14 if the store is closed', async () => {
    const service = await openService();
    await service.store.close();
    for (const makeClient of CLIENTS) {
      const client = makeClient(service.url);
      expect(await client.call(READ)).to.include({ ok: false, code: 14, id: 'LP-STORE-04' });
      client.close?.();
    }
    await service.close();
  });
});

describe('a call whose deadline passes', () => {
  it('is answered with code 4, and nothing is written, compressed or not', async () => {
    const slow = (): Promise<boolean> =>
      new Promise((resolve) => {
        setTimeout(() => resolve(true), 50);
      });
    const service = await openService({ ports: { isAllowed: slow } });
    const before = await countEvents(service.store);
    const on = session(service.url);
    const path = '/zitadel.admin.v1.AdminService/RemoveMultiFactorFromLoginPolicy';
    for (const encoding of ['identity', 'gzip']) {
      const headers = grpc(path, { 'grpc-timeout': '5m', 'grpc-encoding': encoding });
      const { trailers } = await ask(on, headers, framed(Buffer.from([8, 1])));
      expect([encoding, trailers['grpc-status']]).to.deep.equal([encoding, '4']);
    }
    on.close();
    const headers = { authorization: `Bearer ${ROOT}`, 'grpc-timeout': '5m' };
    const overRest = `${service.url}/admin/v1/policies/login/multi_factors/1`;
    expect((await fetch(overRest, { method: 'DELETE', headers })).status).to.equal(504);
    expect(await countEvents(service.store)).to.equal(before);
    expect(service.failures, 'it is not a failure of the server').to.deep.equal([]);
    await service.close();
  });
});

describe('a caller whose time is up while a hook hangs, or their own body', () => {
  const never = (): Promise<never> => new Promise(() => undefined);
  const hooks: Readonly<Record<string, Partial<Ports>>> = {
    authenticate: { authenticate: never },
    instanceOf: { instanceOf: never },
    isAllowed: { isAllowed: never },
    'organizations.exists': { organizations: { exists: never } },
  };
  for (const [name, ports] of Object.entries(hooks)) {
    it(`is told so by every protocol while ${name} hangs`, async () => {
      const service = await openService({ ports });
      const on = session(service.url);
      const path = '/zitadel.management.v1.ManagementService/GetLoginPolicy';
      const { trailers } = await ask(
        on,
        grpc(path, { 'grpc-timeout': '5m', 'x-zitadel-orgid': ACME }),
        framed(Buffer.alloc(0)),
      );
      expect(trailers['grpc-status']).to.equal('4');
      on.close();
      const headers = { authorization: `Bearer ${ROOT}`, 'x-zitadel-orgid': ACME };
      const rest = `${service.url}/management/v1/policies/login`;
      expect((await fetch(rest, { headers: { ...headers, 'grpc-timeout': '5m' } })).status).to.equal(504);
      const connect = await fetch(`${service.url}${path}`, {
        method: 'POST',
        body: '{}',
        headers: { ...headers, 'content-type': 'application/json', 'connect-timeout-ms': '5' },
      });
      expect(connect.status).to.equal(504);
      expect(service.failures, 'it is not a failure of the server').to.deep.equal([]);
      await service.close();
    });
  }

  it('is told so while the rest of the body does not come', async () => {
    const service = await openService();
    const { port } = new URL(service.url);
    const request = httpRequest({
      port,
      method: 'POST',
      path: '/admin/v1/policies/login/_execute',
      headers: { authorization: `Bearer ${ROOT}`, 'content-length': '100', 'grpc-timeout': '20m' },
    });
    request.write('{');
    const [answer]: IncomingMessage[] = await once(request, 'response');
    expect(answer?.statusCode).to.equal(504);
    request.destroy();
    await service.close();
  });
});

describe('the access log', () => {
  it('has one entry per answer, whatever the protocol', async () => {
    const entries: AccessEntry[] = [];
    const service = await openService({ api: { onAnswered: (entry: AccessEntry) => entries.push(entry) } });
    for (const makeClient of CLIENTS) {
      const client = makeClient(service.url);
      await client.call({ ...READ, token: '' });
      client.close?.();
    }
    await service.close();
    const protocols = ['grpc', 'grpc-web', 'connect', 'connect', 'grpc', 'grpc', 'grpc-web', 'grpc-web', 'rest'];
    expect(entries.map(({ protocol }) => protocol)).to.deep.equal(protocols);
    for (const entry of entries) expect(entry.refusal).to.equal('LP-AUTH-01');
  });
});
