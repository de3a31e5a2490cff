import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { instancesByHost } from '@login-policy/api';
import { ask, session, talk } from './raw.js';
import { INSTANCE, openService, ROOT, type Service } from './service.js';

const POLICY = '/admin/v1/policies/login';
const authorization = `Bearer ${ROOT}`;

describe('the target of a request', () => {
  let service: Service;
  before(async () => {
    service = await openService({
      ports: { instanceOf: instancesByHost({ 'iam.example': INSTANCE, '127.0.0.1': INSTANCE }) },
    });
  });
  after(() => service.close());
  const said = (target: string, host: string): Promise<string> =>
    talk(service.listening.port, [
      `GET ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\nauthorization: ${authorization}\r\n\r\n`,
    ]);

  it('may include a host, which then overrides the Host header', async () => {
    expect(await said(`http://iam.example${POLICY}`, 'elsewhere.example')).to.match(/^HTTP\/1\.1 200 /);
    expect(await said(`https://IAM.example:8443${POLICY}?asOf=4`, 'x')).to.match(/^HTTP\/1\.1 200 /);
    expect(await said(`http://elsewhere.example${POLICY}`, 'iam.example')).to.match(/^HTTP\/1\.1 404 .*LP-HTTP-01/s);
    expect(await said('http://iam.example', 'iam.example')).to.match(/^HTTP\/1\.1 404 .*LP-HTTP-02/s);
    expect(await said('http:///admin', 'iam.example')).to.match(/^HTTP\/1\.1 40[04] /);
  });

  it('is answered for HEAD as for GET, without the body', async () => {
    const get = await fetch(`${service.url}${POLICY}`, { headers: { authorization } });
    const head = await fetch(`${service.url}${POLICY}`, { method: 'HEAD', headers: { authorization } });
    expect([head.status, await head.text()]).to.deep.equal([200, '']);
    for (const name of ['etag', 'content-length', 'content-type', 'cache-control']) {
      expect(head.headers.get(name), name).to.equal(get.headers.get(name)).and.not.equal(null);
    }
    const tag = get.headers.get('etag') ?? '';
    const known = await fetch(`${service.url}${POLICY}`, {
      method: 'HEAD',
      headers: { authorization, 'if-none-match': tag },
    });
    expect(known.status).to.equal(304);
    const on = session(service.url);
    const over2 = await ask(on, { ':method': 'HEAD', ':path': POLICY, authorization }, new Uint8Array(0));
    expect([over2.headers[':status'], over2.body.length]).to.deep.equal([200, 0]);
    on.close();
    const none = await fetch(`${service.url}${POLICY}/multi_factors`, { method: 'HEAD', headers: { authorization } });
    expect([none.status, none.headers.get('allow')]).to.deep.equal([405, 'POST']);
  });
});
