import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { askOf, type Asked, type Reply } from './rest-client.js';
import {
  ACME,
  countEvents,
  GLOBEX,
  INSTANCE,
  NOBODY,
  openService,
  OWNER_OF_ACME,
  READER,
  type Service,
} from './service.js';

const ADMIN = '/admin/v1/policies/login';
const MANAGEMENT = '/management/v1/policies/login';
const PASSKEY = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
const REMOVAL = { method: 'RemoveMultiFactorFromLoginPolicy', request: { type: PASSKEY } };
const inAcme = { 'x-zitadel-orgid': ACME };

describe('previews and history', () => {
  let service: Service;
  const ask = (place: string, given: Asked = {}): Promise<Reply> => askOf(service, place, given);
  const preview = (body: object, given: Asked = {}): Promise<Reply> =>
    ask(`POST ${ADMIN}/_preview`, { body, ...given });
  before(async () => {
    service = await openService();
  });
  after(() => service.close());

  it('preview a removal for a caller who may read: events, changes, warnings and affected organizations', async () => {
    const count = await countEvents(service.store);
    const { at, headers, status } = await preview(REMOVAL, { token: READER });
    expect(status).to.equal(200);
    expect(at()).to.deep.include({
      sequence: '4',
      events: [{ type: 'MultiFactorRemoved', data: { factor: 'U2F_WITH_VERIFICATION' } }],
      changes: [{ what: 'multi-factor', factor: 'U2F_WITH_VERIFICATION', step: 'removed' }],
      affected: { organizationIds: [ACME, GLOBEX], count: 2 },
    });
    expect(at('warnings.introduced.0.warning')).to.equal('weaker-sign-in');
    expect(at('warnings.standing')).to.deep.equal([]);
    expect(headers.get('etag')).to.match(/^"4\.\w{26}\.1"$/);
    expect(await countEvents(service.store)).to.equal(count);
  });

  it('preview settings with the names of the API', async () => {
    const request = { forceMfa: true, allowUsernamePassword: true, passwordCheckLifetime: '864000s' };
    const { at, status } = await preview({ method: 'UpdateLoginPolicy', request });
    expect(status).to.equal(200);
    expect(at('events.0.type')).to.equal('LoginPolicyChanged');
    expect(at('events.0.data.settings')).to.include({ forceMfa: true, allowRegister: false });
    expect(at('changes')).to.deep.include({ what: 'setting', setting: 'forceMfa', before: false, after: true });
  });

  it('preview a reset and a custom policy of an organization', async () => {
    const add = { method: 'AddCustomLoginPolicy', request: { forceMfa: true, secondFactors: [1] } };
    const own = { token: OWNER_OF_ACME };
    const added = await ask(`POST ${MANAGEMENT}/_preview`, { body: add, ...own });
    expect(added.at('affected')).to.deep.equal({ organizationIds: [ACME], count: 1 });
    const reset = await ask(`POST ${MANAGEMENT}/_preview`, { body: { method: 'ResetLoginPolicyToDefault' }, ...own });
    expect([reset.status, reset.at('details.0.id')]).to.deep.equal([404, 'LP-POLICY-01']);
  });

  it('warn that nobody could sign in by an empty custom policy', async () => {
    const add = { method: 'AddCustomLoginPolicy', request: {} };
    const { at } = await ask(`POST ${MANAGEMENT}/_preview`, { body: add, token: OWNER_OF_ACME });
    expect(at('events.0.data.settings')).to.include({ allowUsernamePassword: false, passwordlessType: 'NOT_ALLOWED' });
    expect(at('warnings.introduced.0.warning')).to.equal('no-way-to-sign-in');
  });

  it('refuse a preview for the same reasons as the command', async () => {
    const again = { method: 'AddMultiFactorToLoginPolicy', request: { type: PASSKEY } };
    const previewed = await preview(again);
    const done = await ask(`POST ${ADMIN}/multi_factors`, { body: { type: PASSKEY } });
    expect(previewed.at()).to.deep.equal(done.at());
    expect(previewed.status).to.equal(409);
    const pinned = await preview(REMOVAL, { headers: { 'if-match': '"3"' } });
    expect([pinned.status, pinned.at('details.0.id')]).to.deep.equal([412, 'LP-COND-01']);
    expect((await preview(REMOVAL, { token: NOBODY })).status).to.equal(403);
    expect((await preview(REMOVAL, { token: '' })).status).to.equal(401);
  });

  it('name the problem of a malformed preview', async () => {
    for (const [body, word] of [
      [{}, 'method'],
      [{ method: 'GetLoginPolicy' }, 'method'],
      [{ method: 'ResetLoginPolicyToDefault' }, 'method'],
      [{ ...REMOVAL, request: [] }, 'request'],
      [{ ...REMOVAL, request: { type: 'FOO' } }, 'type'],
      [{ ...REMOVAL, request: { type: 0 } }, 'type'],
      [{ method: 'UpdateLoginPolicy', request: { defaultRedirectUri: 'javascript:alert(1)' } }, 'defaultRedirectUri'],
      [{ method: 'Revert', request: {} }, 'to'],
      [{ method: 'Revert', request: { to: 'yesterday' } }, 'to'],
      [{ method: 'Revert', request: { to: '99' } }, 'to'],
    ] as const) {
      const { at, status } = await preview(body);
      expect([status, at('code')], JSON.stringify(body)).to.deep.equal([400, 3]);
      expect(at('message'), JSON.stringify(body)).to.include(word);
    }
  });

  it('compare the effective policies of two moments, or of one and now', async () => {
    const removed = await ask(`DELETE ${ADMIN}/multi_factors/${PASSKEY}`, {
      headers: { 'login-policy-reason': 'lost%20keys%20%E2%80%93%20see%20ticket%207' },
    });
    const gone = { what: 'multi-factor', factor: 'U2F_WITH_VERIFICATION', step: 'removed' };
    const { at } = await ask(`GET ${ADMIN}/diff?from=4`, { token: READER });
    expect(at('changes')).to.deep.equal([gone]);
    expect(at('before.policy.details.sequence')).to.equal('4');
    expect(at('after')).to.deep.equal((await ask(`GET ${MANAGEMENT}`, { headers: inAcme })).at());
    const instant = encodeURIComponent(String(removed.at('details.changeDate')));
    expect((await ask(`GET ${ADMIN}/diff?from=4&to=${instant}`)).at('changes')).to.deep.equal([gone]);
    const met = await ask(`GET ${MANAGEMENT}/diff?from=2026-01-01T00:00:00Z`, { token: OWNER_OF_ACME });
    expect(met.at('changes')).to.deep.equal([gone]);
    for (const query of ['', '?from=', '?from=x', '?from=99', '?from=1&to=99', '?from=1&to=2026-01-01']) {
      expect([query, (await ask(`GET ${ADMIN}/diff${query}`)).status]).to.deep.equal([query, 400]);
    }
    expect((await ask(`GET ${ADMIN}/diff?from=1`, { token: NOBODY })).status).to.equal(403);
  });

  it('include the reason of each change', async () => {
    const { at } = await ask(`GET ${ADMIN}/history?direction=backwards&limit=1`);
    expect(at('entries.0.reason')).to.equal('lost keys – see ticket 7');
    for (const reason of ['%', '%C3%28', `${'x'.repeat(2001)}`]) {
      const headers = { 'login-policy-reason': reason };
      const { at: said, status } = await ask(`DELETE ${ADMIN}/second_factors/1`, { headers });
      expect([status, String(said('message')).toLowerCase()][1]).to.include('login-policy-reason');
      expect(status).to.equal(400);
    }
  });

  it('revert to a moment by new events, for a caller who may write, under the same conditions', async () => {
    const body = { to: '4' };
    expect((await ask(`POST ${ADMIN}/_revert`, { body, token: READER })).status).to.equal(403);
    expect((await ask(`POST ${ADMIN}/_revert`, { body, headers: { 'if-match': '"1"' } })).status).to.equal(412);
    const previewed = await preview({ method: 'Revert', request: body });
    expect(previewed.at('events.0.type')).to.equal('MultiFactorAdded');
    const seen = { 'if-match': previewed.headers.get('etag') ?? '' };
    const done = await ask(`POST ${ADMIN}/_revert`, { body, headers: { ...seen, 'idempotency-key': 'back' } });
    expect([done.status, done.at('details.sequence')]).to.deep.equal([200, '6']);
    expect(done.headers.get('etag')).to.match(/^"6\.\w{26}\.1"$/);
    expect((await ask(`POST ${ADMIN}/_revert`, { body, headers: seen })).status, 'it has moved on').to.equal(412);
    const again = await ask(`POST ${ADMIN}/_revert`, { body, headers: { 'idempotency-key': 'back' } });
    expect(again.at()).to.deep.equal(done.at());
    const read = await ask(`GET ${ADMIN}`);
    expect(read.at('policy.multiFactors')).to.deep.equal([PASSKEY]);
    expect(read.at('policy.details')).to.deep.equal(done.at('details'));
  });

  it('require the permissions to write and to delete for a revert', async () => {
    const mayWrite = {
      id: 'writer',
      instanceId: INSTANCE,
      organizationId: ACME,
      grants: [{ permissions: ['policy.read', 'policy.write'] }],
    };
    const limited = await openService({ ports: { authenticate: () => mayWrite } });
    try {
      const { at, status } = await askOf(limited, `POST ${MANAGEMENT}/_revert`, { body: { to: '1' } });
      expect([status, at('details.0.id')]).to.deep.equal([403, 'LP-AUTH-02']);
    } finally {
      await limited.close();
    }
  });
});
