import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Authenticate } from '@login-policy/api';
import { toJson, type HistoryOptions } from '@login-policy/domain';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { ask, session } from './raw.js';
import { INSTANCE, openService, ROOT, waitingAuthenticate, type Service } from './service.js';

const PATH = '/admin/v1/policies/login/history';
const owner = { instanceId: INSTANCE };
const headers = { authorization: `Bearer ${ROOT}` };
const CHANGES = 350;

async function lengthen({ policies }: Service, reason: string): Promise<void> {
  for (let change = 0; change < CHANGES; change++)
    await policies.execute(
      owner,
      { type: change % 2 === 0 ? 'addSecondFactor' : 'removeSecondFactor', factor: 'OTP_SMS' },
      { actor: 'root', reason },
    );
}

describe('a long history', () => {
  let service: Service;
  before(async () => {
    service = await openService();
    await lengthen(service, 'ü'.repeat(500));
  });
  after(() => service.close());

  it('is the same whether it is read at once or in parts, over both HTTP versions and over fetch', async () => {
    const asked: readonly HistoryOptions[] = [
      { limit: 10_000 },
      { limit: 101 },
      { limit: 200 },
      { limit: 300, direction: 'backwards' },
      { limit: 10_000, direction: 'backwards' },
      { limit: 10_000, direction: 'backwards', fromSequence: 120n },
      { limit: 150, fromSequence: 100n },
      { limit: 150, fromSequence: 351n },
      { limit: 150, fromSequence: 900n },
    ];
    const on = session(service.url);
    for (const options of asked) {
      const { outcome: _, kind: _kind, ...whole } = toJson(await service.policies.history(owner, options));
      const query = Object.entries(options).map(([name, value]) => `${name}=${value}`);
      const path = `${PATH}?${query.join('&')}`;
      const overHttp1 = await fetch(`${service.url}${path}`, { headers });
      const byFetch = await service.api.fetch(new Request(`http://iam.example${path}`, { headers }));
      const overHttp2 = await ask(on, { ':method': 'GET', ':path': path, ...headers }, new Uint8Array(0));
      for (const answer of [overHttp1, byFetch]) {
        expect(answer.headers.get('content-type')).to.equal('application/json');
        expect(await answer.json()).to.deep.equal(whole);
      }
      expect(JSON.parse(overHttp2.body.toString())).to.deep.equal(whole);
      const tag = overHttp1.headers.get('etag') ?? '';
      const known = await fetch(`${service.url}${path}`, { headers: { ...headers, 'if-none-match': tag } });
      expect(known.status).to.equal(304);
    }
    on.close();
  });

  it('is not read for HEAD, and is limited to 10,000', async () => {
    const url = `${service.url}${PATH}?limit=10000`;
    const answer = await fetch(url, { headers, method: 'HEAD' });
    expect([answer.status, await answer.text()]).to.deep.equal([200, '']);
    const byFetch = await service.api.fetch(new Request(url, { headers, method: 'HEAD' }));
    expect([byFetch.status, await byFetch.text()]).to.deep.equal([200, '']);
    expect((await fetch(`${service.url}${PATH}?limit=10001`, { headers })).status).to.equal(400);
  });

  it('breaks off and is reported to the operator if the history was replaced', async () => {
    const broken = await openService();
    await lengthen(broken, 'short');
    const request = new Request(`${broken.url}${PATH}?limit=10000`, { headers });
    const answer = await broken.api.fetch(request);
    await broken.store.close();
    const read = await answer.text().catch(() => 'broken off');
    expect(read).to.equal('broken off');
    expect(broken.failures).to.have.length(1);
    await broken.close();
  });

  it('breaks off when the token of its reader is revoked, within a second', async () => {
    let isRevoked = false;
    const authenticate: Authenticate = (request) => (isRevoked ? undefined : waitingAuthenticate(request));
    const revoking = await openService({ ports: { authenticate } });
    await lengthen(revoking, 'short');
    const answer = await revoking.api.fetch(new Request(`${revoking.url}${PATH}?limit=10000`, { headers }));
    const reader = answer.body?.getReader();
    expect((await reader?.read())?.done).to.equal(false);
    isRevoked = true;
    await wait(1100);
    expect(await reader?.read().catch(() => 'broken off')).to.equal('broken off');
    expect(revoking.failures).to.deep.equal([]);
    await revoking.close();
  });

  it('is read only as fast as its client reads, and not after it has left', async () => {
    const seen: string[] = [];
    const watched = await openService({ observe: (told) => seen.push(told.type === 'call' ? told.call : '') });
    await lengthen(watched, 'ü'.repeat(2000));
    const reads = (): number => seen.filter((call) => call === 'history').length;
    const answer = await watched.api.fetch(new Request(`${watched.url}${PATH}?limit=10000`, { headers }));
    const reader = answer.body?.getReader();
    await reader?.read();
    expect(reads()).to.equal(1);
    await reader?.read();
    expect(reads()).to.equal(2);
    await reader?.cancel();
    const socket = connect(watched.listening.port, '127.0.0.1');
    socket.write(`GET ${PATH}?limit=10000 HTTP/1.1\r\nhost: x\r\nauthorization: ${headers.authorization}\r\n\r\n`);
    await once(socket, 'data');
    socket.resetAndDestroy();
    await watched.close();
    expect(watched.failures).to.deep.equal([]);
  });
});
