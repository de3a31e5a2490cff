import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { Settings } from 'luxon';
import { ask as askRaw, framed, grpc, session } from './raw.js';
import { askOf, type Asked, type Reply } from './rest-client.js';
import { ACME, countEvents, openService, type Service } from './service.js';

const ADMIN = '/admin/v1/policies/login';
const MANAGEMENT = '/management/v1/policies/login';

const ofLostHistory = '"4.01ARZ3NDEKTSV4RRFFQ69G5FAV.1"';

/** The tag of a policy at a sequence: with the event that stands there, and the version of how it is written. */
function tagOf(sequence: string): RegExp {
  return new RegExp(`^"${sequence}\\.[0-7][0-9A-HJKMNP-TV-Z]{25}\\.1"$`);
}

describe('the conditions of a call', () => {
  let service: Service;
  before(async () => {
    service = await openService();
  });
  after(() => service.close());
  const ask = (place: string, given: Asked = {}): Promise<Reply> => askOf(service, place, given);

  it('can use the tag of every list, over every protocol', async () => {
    const headers = { 'x-zitadel-orgid': ACME };
    for (const list of ['second_factors', 'multi_factors', 'idps']) {
      expect((await ask(`POST ${ADMIN}/${list}/_search`)).headers.get('etag'), list).to.match(tagOf('4'));
    }
    for (const list of ['second_factors', 'auth_factors', 'idps']) {
      const inherited = await ask(`POST ${MANAGEMENT}/${list}/_search`, { headers });
      expect(inherited.headers.get('etag'), list).to.match(tagOf('default-4'));
    }
    const on = session(service.url);
    const path = '/zitadel.admin.v1.AdminService/ListLoginPolicySecondFactors';
    expect((await askRaw(on, grpc(path), framed(new Uint8Array(0)))).headers['etag']).to.match(tagOf('4'));
    on.close();
  });

  it('match a read by one of several tags, a weak tag, or any', async () => {
    const own = (await ask(`GET ${ADMIN}`)).headers.get('etag') ?? '';
    for (const tags of [own, `W/${own}`, `"1", W/${own}`, `"1",${own}`, '*']) {
      expect((await ask(`GET ${ADMIN}`, { headers: { 'if-none-match': tags } })).status, tags).to.equal(304);
    }
    for (const tags of ['"1"', '"1", "2"', '4', '"4"', '"default-4"', ofLostHistory, '']) {
      expect((await ask(`GET ${ADMIN}`, { headers: { 'if-none-match': tags } })).status, tags).to.equal(200);
    }
  });

  it('with an unknown position are refused, without a report to the operator', async () => {
    for (const position of ['7', '9'.repeat(20)]) {
      const headers = { 'login-policy-at-least': position };
      const read = await ask(`GET ${ADMIN}`, { headers });
      expect([read.status, read.at('details.0.id')], position).to.deep.equal([400, 'LP-STORE-05']);
    }
    expect(service.failures).to.deep.equal([]);
  });

  it('of a lost history never match a change or preview, although the sequence is the same', async () => {
    const had = await countEvents(service.store);
    const headers = { 'if-match': ofLostHistory };
    const change = await ask(`POST ${ADMIN}/multi_factors`, { body: { type: 1 }, headers });
    expect([change.status, change.at('details.0.id')]).to.deep.equal([412, 'LP-COND-04']);
    const body = { method: 'AddSecondFactorToLoginPolicy', request: { type: 3 } };
    const preview = await ask(`POST ${ADMIN}/_preview`, { body, headers });
    expect([preview.status, preview.at('details.0.id')]).to.deep.equal([412, 'LP-COND-04']);
    expect(await countEvents(service.store)).to.equal(had);
  });

  it('for changes do not affect reads, and those for reads do not affect changes', async () => {
    const headers = { 'if-match': '"default-4"', 'login-policy-reason': '%zz', 'x-zitadel-orgid': ACME };
    expect((await ask(`GET ${MANAGEMENT}`, { headers })).status).to.equal(200);
    const change = await ask(`POST ${ADMIN}/second_factors`, {
      body: { type: 3 },
      headers: { 'login-policy-at-least': 'x' },
    });
    expect(change.status).to.equal(200);
  });

  it('include no reason in raw UTF-8, which would be recorded garbled', async () => {
    const had = await countEvents(service.store);
    const reason = Buffer.from('Zürich').toString('latin1');
    const refused = await ask(`POST ${ADMIN}/second_factors`, {
      body: { type: 4 },
      headers: { 'login-policy-reason': reason },
    });
    expect([refused.status, refused.at('details.0.id')]).to.deep.equal([400, 'LP-ARG-04']);
    expect(await countEvents(service.store)).to.equal(had);
  });

  it('include a time-out of zero, which is never met', async () => {
    const on = session(service.url);
    const had = await countEvents(service.store);
    const path = '/zitadel.admin.v1.AdminService/RemoveMultiFactorFromLoginPolicy';
    for (const [timeout, encoding] of [
      ['0m', 'identity'],
      ['1n', 'identity'],
      ['0S', 'gzip'],
      ['1n', 'gzip'],
    ]) {
      const headers = grpc(path, { 'grpc-timeout': timeout, 'grpc-encoding': encoding });
      const { trailers } = await askRaw(on, headers, framed(Buffer.from([8, 1])));
      expect([timeout, encoding, trailers['grpc-status']]).to.deep.equal([timeout, encoding, '4']);
    }
    on.close();
    const connect = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { authorization: 'Bearer token-of-the-administrator', 'connect-timeout-ms': '0' },
      body: new Blob(['{"type":1}'], { type: 'application/json' }),
    });
    expect([connect.status, await connect.text()].join(' ')).to.match(/^504 .*LP-STORE-02/);
    expect(await countEvents(service.store)).to.equal(had);
  });
});

describe('the value of a path variable', () => {
  it('may equal a literal segment of another route', async () => {
    const service = await openService();
    await askOf(service, `POST ${ADMIN}/idps`, { body: { idpId: '_search' } });
    const wrong = await askOf(service, `PUT ${ADMIN}/idps/_search`, {});
    expect([wrong.status, wrong.headers.get('allow')]).to.deep.equal([405, 'POST, DELETE']);
    expect((await askOf(service, `DELETE ${ADMIN}/idps/_search`, {})).status).to.equal(200);
    await service.close();
  });

  it('is named in a refusal like a field of a body', async () => {
    const service = await openService();
    const { at, status } = await askOf(service, `DELETE ${ADMIN}/idps/%ff`, {});
    expect([status, at('details.0.message')]).to.deep.equal([400, 'idpId must be percent-encoded UTF-8.']);
    await service.close();
  });
});

describe('the message of a refusal', () => {
  it('is of the caller’s instant, also where the program has luxon throw on invalid values', async () => {
    const service = await openService();
    Settings.throwOnInvalid = true;
    try {
      const { at, status } = await askOf(service, `GET ${ADMIN}?asOf=yesterday`, {});
      expect([status, at('details.0.message')]).to.deep.equal([
        400,
        'asOf must be a sequence, an instant in ISO 8601 with its offset, or @ and a position.',
      ]);
    } finally {
      Settings.throwOnInvalid = false;
    }
    await service.close();
  });

  it('has numbers and durations in the form of the API', async () => {
    const service = await openService();
    const sentence = async (place: string, body?: object): Promise<unknown> =>
      (await askOf(service, place, body === undefined ? {} : { body })).at('details.0.message');
    expect(await sentence(`GET ${ADMIN}?asOf=99`)).to.equal(
      'asOf must be a sequence the policy has had, 1 to 4, not 99.',
    );
    expect(await sentence(`GET ${ADMIN}?asOf=0`)).to.equal(
      'asOf must be a sequence from 1 on that the policy has had, not 0.',
    );
    expect(await sentence(`GET ${ADMIN}?asOf=2999-01-01T00:00:00Z`)).to.match(
      /^asOf must be an instant that is past, not/,
    );
    expect(await sentence(`GET ${ADMIN}/diff?from=2999-01-01T00:00:00Z`)).to.match(
      /^from must be an instant that is past/,
    );
    expect(await sentence(`PUT ${ADMIN}`, { passwordCheckLifetime: '0.0005s' })).to.equal(
      'passwordCheckLifetime must be a duration of 0 to 36,500 days in whole milliseconds, not "PT0.0005S".',
    );
    for (const refused of [
      await sentence(`DELETE ${ADMIN}/multi_factors/FOO`),
      await sentence(`POST ${ADMIN}/multi_factors`, { type: 'FOO' }),
      await sentence(`POST ${ADMIN}/multi_factors`, { type: 'MULTI_FACTOR_TYPE_UNSPECIFIED' }),
    ]) {
      expect(refused).to.equal('type must be one of MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION.');
    }
    await service.close();
  });
});
