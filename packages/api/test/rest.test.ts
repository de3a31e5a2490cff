import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { askOf, type Asked, type Reply } from './rest-client.js';
import { ACME, GLOBEX, countEvents, INSTANCE, NOBODY, openService, READER, type Service } from './service.js';

const POLICY = '/admin/v1/policies/login';
const PASSKEY = `${POLICY}/multi_factors/MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION`;

describe('REST', () => {
  let service: Service;
  before(async () => {
    service = await openService();
  });
  after(() => service.close());
  const ask = (place: string, given: Asked = {}): Promise<Reply> => askOf(service, place, given);

  it('answers a removal as documented', async () => {
    const { at, status } = await ask(`DELETE ${PASSKEY}`);
    expect(status).to.equal(200);
    expect(at('details.sequence')).to.equal('5');
    expect(at('details.resourceOwner')).to.equal(INSTANCE);
    expect(at()).to.have.all.keys('details');
    expect(at('details')).to.have.all.keys('sequence', 'creationDate', 'changeDate', 'resourceOwner');
  });

  it('answers 400 with code 9 if the factor is not on the policy', async () => {
    const { at, status } = await ask(`DELETE ${PASSKEY}`);
    expect(status).to.equal(400);
    expect(at('code')).to.equal(9);
    expect(at('details')).to.deep.equal([
      {
        '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail',
        id: 'LP-FACTOR-01',
        message: `U2F_WITH_VERIFICATION is not on the default login policy of instance ${INSTANCE} (sequence 5), so it can't be removed.`,
      },
    ]);
    expect(at('message')).to.equal(`${String(at('details.0.message'))} (LP-FACTOR-01)`);
  });

  it('accepts a factor in a path by its number, and refuses an unknown one before authentication', async () => {
    expect((await ask(`DELETE ${POLICY}/multi_factors/1`)).at('code')).to.equal(9);
    expect((await ask(`DELETE ${POLICY}/multi_factors/FOO`, { token: '' })).status).to.equal(400);
    expect((await ask(`DELETE ${POLICY}/multi_factors/2`, { token: '' })).status).to.equal(400);
    expect((await ask(`DELETE ${POLICY}/multi_factors/0`, { token: '' })).status).to.equal(401);
    expect((await ask(`DELETE ${POLICY}/multi_factors/0`)).at('code')).to.equal(3);
  });

  it('accepts the recovery codes by name, although the descriptors lack them', async () => {
    const added = await ask(`POST ${POLICY}/second_factors`, { body: { type: 'SECOND_FACTOR_TYPE_RECOVERY_CODES' } });
    expect(added.status).to.equal(200);
    const listed = await ask(`POST ${POLICY}/second_factors/_search`);
    expect(listed.at('result')).to.include(5);
    const removed = await ask(`DELETE ${POLICY}/second_factors/SECOND_FACTOR_TYPE_RECOVERY_CODES`);
    expect(removed.status).to.equal(200);
  });

  it('answers 401 with a challenge, 403, 404, and 405 with the allowed methods', async () => {
    const unknown = await ask(`GET ${POLICY}`, { token: '' });
    expect(unknown.status).to.equal(401);
    expect(unknown.headers.get('www-authenticate')).to.match(/^Bearer/);
    expect((await ask(`GET ${POLICY}`, { token: NOBODY })).status).to.equal(403);
    const nothing = await ask('GET /admin/v1/nothing');
    expect([nothing.status, nothing.at('code')]).to.deep.equal([404, 5]);
    const verb = await ask(`PATCH ${POLICY}`);
    expect([verb.status, verb.at('code'), verb.headers.get('allow')]).to.deep.equal([405, 12, 'GET, HEAD, PUT']);
  });

  it('refuses malformed bodies', async () => {
    const body = { type: 'SECOND_FACTOR_TYPE_OTP_SMS' };
    expect((await ask(`POST ${POLICY}/second_factors`, { body })).status).to.equal(200);
    for (const text of ['{', '[]', '"x"', '{"type":"FOO"}', '{"type":[1]}', '{"type":1} x', '\u00ff']) {
      const { at, status } = await ask(`POST ${POLICY}/second_factors`, { text });
      expect([text, status, at('code')]).to.deep.equal([text, 400, 3]);
    }
  });

  it('answers with an ETag, and with 304 to a client that has it', async () => {
    const first = await ask(`GET ${POLICY}`);
    const tag = first.headers.get('etag') ?? '';
    expect(tag.startsWith(`"${String(first.at('policy.details.sequence'))}.`), tag).to.equal(true);
    const again = await ask(`GET ${POLICY}`, { headers: { 'if-none-match': tag } });
    expect([again.status, again.at()]).to.deep.equal([304, undefined]);
  });

  it('changes nothing under If-Match if the policy has changed since', async () => {
    const tag = (await ask(`GET ${POLICY}`)).headers.get('etag') ?? '';
    const before_ = await countEvents(service.store);
    for (const wrong of ['"1"', '"default-1"', 'W/"1"']) {
      const stale = await ask(`POST ${POLICY}/multi_factors`, { body: { type: 1 }, headers: { 'if-match': wrong } });
      expect([stale.status, stale.at('code')]).to.deep.equal([412, 10]);
    }
    expect((await ask(`DELETE ${POLICY}/second_factors/1`, { headers: { 'if-match': 'x' } })).status).to.equal(400);
    expect(await countEvents(service.store)).to.equal(before_);
    const fresh = await ask(`POST ${POLICY}/multi_factors`, { body: { type: 1 }, headers: { 'if-match': tag } });
    expect(fresh.status).to.equal(200);
  });

  it('replays a request under its Idempotency-Key, and refuses the key for another', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await ask(`DELETE ${PASSKEY}`, { headers });
    expect((await ask(`DELETE ${PASSKEY}`, { headers })).at()).to.deep.equal(first.at());
    const other = await ask(`DELETE ${POLICY}/second_factors/1`, { headers });
    expect([other.status, other.at('details.0.id')]).to.deep.equal([409, 'LP-COND-02']);
  });

  it('records actor and request id, and shows them in the history', async () => {
    const headers = { 'x-request-id': 'request-7' };
    const done = await ask(`POST ${POLICY}/multi_factors`, { body: { type: 1 }, headers });
    expect(done.headers.get('x-request-id')).to.equal('request-7');
    const { at } = await ask(`GET ${POLICY}/history?direction=backwards&limit=1`, { token: READER });
    expect(at('entries.0')).to.include({ actor: 'root', correlationId: 'request-7', type: 'MultiFactorAdded' });
    expect(at('entries.0.changes')).to.deep.equal([
      { what: 'multi-factor', factor: 'U2F_WITH_VERIFICATION', step: 'added' },
    ]);
    expect((await ask(`GET ${POLICY}/history`, { token: NOBODY })).status).to.equal(403);
    expect((await ask(`GET ${POLICY}/history?limit=x`)).status).to.equal(400);
    expect((await ask(`GET ${POLICY}/history?limit=0`)).status).to.equal(400);
  });

  it('reads the past by sequence and by instant', async () => {
    const then = await ask(`GET ${POLICY}?asOf=4`);
    expect(then.at('policy.details.sequence')).to.equal('4');
    expect(then.at('policy.multiFactors')).to.deep.equal(['MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION']);
    const instant = encodeURIComponent(String(then.at('policy.details.changeDate')));
    expect((await ask(`GET ${POLICY}?asOf=${instant}`)).at()).to.deep.equal(then.at());
    expect((await ask(`GET ${POLICY}?asOf=yesterday`)).status).to.equal(400);
    expect((await ask(`GET ${POLICY}?asOf=2026-01-01`)).status, 'a day is not an instant').to.equal(400);
    expect((await ask(`GET ${POLICY}?asOf=99`)).status).to.equal(400);
  });

  it('lets a read wait for a written position', async () => {
    const done = await ask(`DELETE ${PASSKEY}`);
    const headers = { 'login-policy-at-least': done.headers.get('login-policy-position') ?? '' };
    expect((await ask(`GET ${POLICY}`, { headers })).at('policy.multiFactors')).to.equal(undefined);
    expect((await ask(`GET ${POLICY}`, { headers: { 'login-policy-at-least': 'x' } })).status).to.equal(400);
  });

  it('uses the organization of the caller by default', async () => {
    const none = await ask('GET /management/v1/policies/login');
    expect([none.status, none.at('details.0.id')]).to.deep.equal([403, 'LP-AUTH-04']);
    const unknown = await ask('GET /management/v1/policies/login', { headers: { 'x-zitadel-orgid': 'nowhere' } });
    expect([unknown.status, unknown.at('details.0.id')]).to.deep.equal([403, 'LP-AUTH-03']);
    const unseen = await ask('GET /management/v1/policies/login', {
      token: NOBODY,
      headers: { 'x-zitadel-orgid': 'nowhere' },
    });
    expect(unseen.at('details.0.id')).to.equal('LP-AUTH-02');
    expect((await ask('GET /v2/settings/login')).at('settings.resourceOwnerType')).to.equal(
      'RESOURCE_OWNER_TYPE_INSTANCE',
    );
  });

  it('has a tag for an inherited policy that never matches', async () => {
    const headers = { 'x-zitadel-orgid': ACME };
    const inherited = await ask('GET /management/v1/policies/login', { headers });
    expect(inherited.headers.get('etag')).to.match(/^"default-\d+\.\w{26}\.1"$/);
    expect(inherited.at('isDefault')).to.equal(true);
  });

  it('forbids caching, because one path serves all organizations', async () => {
    const [acme, globex] = [{ 'x-zitadel-orgid': ACME }, { 'x-zitadel-orgid': GLOBEX }];
    await ask('POST /management/v1/policies/login', { headers: acme, body: {} });
    await ask('POST /management/v1/policies/login', { headers: globex, body: { forceMfa: true } });
    const [one, other] = [
      await ask('GET /management/v1/policies/login', { headers: acme }),
      await ask('GET /management/v1/policies/login', { headers: globex }),
    ];
    expect(one.headers.get('etag')).not.to.equal(other.headers.get('etag'));
    expect(one.at('policy')).not.to.deep.equal(other.at('policy'));
    const refused = await ask('GET /management/v1/policies/login', { token: '' });
    for (const { headers } of [one, other, refused]) expect(headers.get('cache-control')).to.equal('no-store');
  });
});

describe('the option for the error codes of ZITADEL', () => {
  it('answers 404 with code 5 if the factor is not on the policy', async () => {
    const service = await openService({ api: { absent: 'zitadel' } });
    try {
      await askOf(service, `DELETE ${PASSKEY}`, {});
      const { at, status } = await askOf(service, `DELETE ${PASSKEY}`, {});
      expect([status, at('code'), at('details.0.id')]).to.deep.equal([404, 5, 'LP-FACTOR-01']);
    } finally {
      await service.close();
    }
  });
});
