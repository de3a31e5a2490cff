import { describe, it } from 'mocha';
import { expect } from 'chai';
import type { AllowedOrigins } from '@login-policy/api';
import { ask, framed, grpc, session } from './raw.js';
import { openService } from './service.js';

describe('public requests', () => {
  it('are health, readiness and the served methods', async () => {
    const service = await openService();
    const get = (path: string): Promise<Response> => fetch(`${service.url}${path}`);
    expect(await (await get('/admin/v1/healthz')).text()).to.equal('{}');
    expect(await (await get('/debug/healthz')).text()).to.equal('{}');
    expect(await (await get('/debug/ready')).json()).to.deep.equal({
      isReady: true,
      eventsBehind: 0,
      secondsBehind: 0,
    });
    const document: unknown = await (await get('/openapi.json')).json();
    expect(document).to.include({ openapi: '3.1.0' });
    expect(document).to.have.property('paths').that.includes.keys('/admin/v1/policies/login/multi_factors/{type}');
    const { paths } = service.api.openApi;
    expect(document).to.have.property('paths').that.deep.equals(paths);
    const operations = Object.values(paths ?? {}).flatMap((verbs: object) => Object.keys(verbs));
    expect(operations).to.have.length(11 + 3 + 14 + 2 + 2 + 2 * 8 + 2 + 7);
    await service.close();
  });

  it('are answered without a body for HEAD', async () => {
    const service = await openService();
    for (const path of ['/debug/healthz', '/debug/ready', '/openapi.json']) {
      const head = await fetch(`${service.url}${path}`, { method: 'HEAD' });
      expect([path, head.status, await head.text()]).to.deep.equal([path, 200, '']);
      const over2 = session(service.url);
      const { body, headers } = await ask(over2, { ':method': 'HEAD', ':path': path }, new Uint8Array(0));
      expect([headers[':status'], body.length]).to.deep.equal([200, 0]);
      over2.close();
    }
    const other = await fetch(`${service.url}/debug/healthz`, { method: 'POST' });
    expect([other.status, other.headers.get('allow')]).to.deep.equal([405, 'GET, HEAD']);
    await service.close();
  });

  it('are also answered by grpc.health.v1', async () => {
    const service = await openService();
    const on = session(service.url);
    const check = grpc('/grpc.health.v1.Health/Check', { authorization: undefined });
    const all = await ask(on, check, framed(new Uint8Array(0)));
    expect(all.body.toString('hex')).to.equal('00000000020801');
    const name = Buffer.from('zitadel.admin.v1.AdminService');
    const one = await ask(on, check, framed(Buffer.concat([Buffer.from([0x0a, name.length]), name])));
    expect(one.trailers['grpc-status']).to.equal('0');
    const other = await ask(on, check, framed(Buffer.from([0x0a, 1, 0x78])));
    expect(other.trailers['grpc-status']).to.equal('5');
    on.close();
    await service.close();
  });

  it('report not ready once the port begins to close, and are still answered', async () => {
    const service = await openService();
    expect((await fetch(`${service.url}/debug/ready`)).status).to.equal(200);
    service.api.endWatches();
    expect((await fetch(`${service.url}/debug/ready`)).status).to.equal(503);
    expect((await fetch(`${service.url}/debug/healthz`)).status).to.equal(200);
    expect((await service.api.readiness()).isReady).to.equal(false);
    await service.close();
  });

  it('report not ready if the store is unavailable', async () => {
    const service = await openService();
    await service.store.close();
    expect((await fetch(`${service.url}/debug/ready`)).status).to.equal(503);
    const on = session(service.url);
    const { body } = await ask(on, grpc('/grpc.health.v1.Health/Check'), framed(new Uint8Array(0)));
    expect(body.toString('hex')).to.equal('00000000020802');
    on.close();
    await service.close();
  });

  it('are refused to web pages of other origins, unless these are allowed', async () => {
    const origin = 'https://page.example';
    const allowing: readonly (readonly [AllowedOrigins | undefined, string | null])[] = [
      [undefined, null],
      [['https://other.example'], null],
      [(one) => one.endsWith('other.example'), null],
      [[origin], origin],
      [(one) => one === origin, origin],
      ['any', '*'],
    ];
    const path = '/zitadel.admin.v1.AdminService/GetLoginPolicy';
    for (const [origins, allowed] of allowing) {
      const service = await openService({ api: origins === undefined ? {} : { origins } });
      const asking = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-grpc-web',
      };
      const preflight = await fetch(`${service.url}${path}`, { method: 'OPTIONS', headers: asking });
      const call = await fetch(`${service.url}/debug/healthz`, { headers: { origin } });
      for (const { headers } of [preflight, call]) {
        expect(headers.get('access-control-allow-origin'), String(origins)).to.equal(allowed);
      }
      const named = allowed === null ? null : 'x-grpc-web';
      expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).to.deep.equal([204, named]);
      await service.close();
    }
  });
});
