import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { askOf, type Asked, type Reply } from './rest-client.js';
import { ACME, countEvents, INSTANCE, openService, OWNER_OF_ACME, READER, type Service } from './service.js';

const ADMIN = '/admin/v1/policies/login';
const OWN = '/management/v1/policies/login';
const CUSTOMIZE = `POST ${OWN}/_customize`;
const IF_SEEN = 'login-policy-if-seen';

describe('customizing over REST', () => {
  let service: Service;
  const ask = (place: string, given: Asked = {}): Promise<Reply> =>
    askOf(service, place, { token: OWNER_OF_ACME, ...given });
  const asSeen = async (): Promise<Record<string, string>> => ({
    [IF_SEEN]: (await ask(`GET ${OWN}`)).headers.get('login-policy-seen') ?? '',
  });
  beforeEach(async () => {
    service = await openService();
  });
  afterEach(() => service.close());

  it('records the default that was seen, pinned to the read of the inherited policy', async () => {
    const headers = await asSeen();
    const before = await ask(`GET ${OWN}`);
    const previewed = await ask(`POST ${OWN}/_preview`, { body: { method: 'Customize' }, headers });
    expect([previewed.status, previewed.at('changes')]).to.deep.equal([200, []]);
    const done = await ask(CUSTOMIZE, { headers });
    expect([done.status, done.at('details.sequence')]).to.deep.equal([200, '4']);
    const after = await ask(`GET ${OWN}`);
    expect(after.headers.get('etag')).to.equal(done.headers.get('etag'));
    expect(after.at('policy.multiFactors')).to.deep.equal(before.at('policy.multiFactors'));
    expect([before.at('isDefault'), after.at('isDefault')]).to.deep.equal([true, undefined]);
  });

  it('is refused if the default has changed since, and so is a preview (T3)', async () => {
    const headers = await asSeen();
    const stricter = { method: 'POST', body: { type: 4 } };
    expect((await askOf(service, `POST ${ADMIN}/second_factors`, stricter)).status).to.equal(200);
    const had = await countEvents(service.store);
    const { at, status } = await ask(CUSTOMIZE, { headers });
    expect([status, at('code'), at('details.0.id')]).to.deep.equal([409, 10, 'LP-COND-06']);
    expect(at('details.0.message')).to.match(
      new RegExp(
        `^The default login policy of instance ${INSTANCE} was changed since it was seen: sequence 5, SecondFactorAdded at .*, so nothing was changed.$`,
      ),
    );
    const previewed = await ask(`POST ${OWN}/_preview`, { body: { method: 'Customize' }, headers });
    expect(previewed.at()).to.deep.equal(at());
    expect(await countEvents(service.store)).to.equal(had);
    expect((await ask(CUSTOMIZE, { headers: await asSeen() })).status).to.equal(200);
    expect((await ask(CUSTOMIZE)).at('details.0.id')).to.equal('LP-POLICY-02');
  });

  it('is refused for what was seen in a lost history, of another organization, or not at all', async () => {
    const seen = (await asSeen())[IF_SEEN] ?? '';
    const lost = await ask(CUSTOMIZE, {
      headers: { [IF_SEEN]: seen.replace(/~4-[^~]+/, '~4-01ARZ3NDEKTSV4RRFFQ69G5FAV') },
    });
    expect([lost.status, lost.at('details.0.id')]).to.deep.equal([409, 'LP-COND-06']);
    for (const text of ['', '*', '4', '"4"', `${seen}x`]) {
      const bad = await ask(CUSTOMIZE, { headers: { [IF_SEEN]: text } });
      expect([text, bad.status, bad.at('details.0.id')]).to.deep.equal([text, 400, 'LP-ARG-03']);
      expect(bad.at('details.0.message')).to.match(/^login-policy-if-seen must be the seen of an answer/);
    }
  });

  it('is not the only change that accepts the condition', async () => {
    const headers = await asSeen();
    const changed = await ask(`POST ${OWN}`, { headers, body: { forceMfa: true } });
    expect(changed.status).to.equal(200);
    expect((await ask(`DELETE ${OWN}`, { headers })).at('details.0.id')).to.equal('LP-COND-06');
  });

  it('accepts the other conditions of a change: If-Match and an idempotency key', async () => {
    expect((await ask(CUSTOMIZE, { headers: { 'if-match': '"3"' } })).status).to.equal(412);
    const headers = { ...(await asSeen()), 'idempotency-key': 'once' };
    const first = await ask(CUSTOMIZE, { headers });
    await askOf(service, `POST ${ADMIN}/second_factors`, { body: { type: 4 } });
    const had = await countEvents(service.store);
    const again = await ask(CUSTOMIZE, { headers });
    expect([again.status, again.at()]).to.deep.equal([200, first.at()]);
    expect(await countEvents(service.store)).to.equal(had);
  });

  it('requires only the permission to write the policy of the organization', async () => {
    expect((await ask(CUSTOMIZE, { token: READER, headers: { 'x-zitadel-orgid': ACME } })).status).to.equal(403);
    const writer = { id: 'w', instanceId: INSTANCE, organizationId: ACME, grants: [{ permissions: ['policy.write'] }] };
    const limited = await openService({ ports: { authenticate: () => writer } });
    expect((await askOf(limited, CUSTOMIZE, {})).status).to.equal(200);
    await limited.close();
  });

  it('is refused for an instance', async () => {
    expect((await askOf(service, `POST ${ADMIN}/_customize`, {})).status).to.equal(404);
    const body = { method: 'Customize' };
    const { at, status } = await askOf(service, `POST ${ADMIN}/_preview`, { body });
    expect([status, at('details.0.id')]).to.deep.equal([400, 'LP-ARG-01']);
    expect(at('message')).to.match(/method must be one of .*, Revert\./);
  });
});
