import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { askOf, type Asked, type Reply } from './rest-client.js';
import { ACME, countEvents, INSTANCE, openService, OWNER_OF_ACME, READER, type Service } from './service.js';

const ADMIN = '/admin/v1/policies/login';
const OWN = '/management/v1/policies/login';
const CUSTOMIZE = `POST ${OWN}/_customize`;
const IF_DEFAULT = 'login-policy-if-default';

describe('customizing over REST', () => {
  let service: Service;
  const ask = (place: string, given: Asked = {}): Promise<Reply> =>
    askOf(service, place, { token: OWNER_OF_ACME, ...given });
  const seenDefault = async (): Promise<Record<string, string>> => ({
    [IF_DEFAULT]: (await ask(`GET ${OWN}`)).headers.get('etag') ?? '',
  });
  beforeEach(async () => {
    service = await openService();
  });
  afterEach(() => service.close());

  it('records the default that was seen, pinned to the tag of the inherited policy', async () => {
    const headers = await seenDefault();
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

  it('is refused if the default has changed since, whichever tag was used, and so is a preview', async () => {
    const own = (await askOf(service, `GET ${ADMIN}`, {})).headers.get('etag') ?? '';
    const seen = await seenDefault();
    const stricter = { method: 'POST', body: { type: 4 } };
    expect((await askOf(service, `POST ${ADMIN}/second_factors`, stricter)).status).to.equal(200);
    const had = await countEvents(service.store);
    for (const tag of [seen[IF_DEFAULT] ?? '', own, '"4"', '"default-4"']) {
      const headers = { [IF_DEFAULT]: tag };
      const { at, status } = await ask(CUSTOMIZE, { headers });
      expect([tag, status, at('code'), at('details.0.id')]).to.deep.equal([tag, 412, 10, 'LP-COND-06']);
      expect(at('details.0.message')).to.equal(
        `The default login policy of instance ${INSTANCE} was expected at sequence 4 but is at 5, so no custom policy was made of it.`,
      );
      const previewed = await ask(`POST ${OWN}/_preview`, { body: { method: 'Customize' }, headers });
      expect(previewed.at()).to.deep.equal(at());
    }
    expect(await countEvents(service.store)).to.equal(had);
    expect((await ask(CUSTOMIZE, { headers: await seenDefault() })).status).to.equal(200);
    expect((await ask(CUSTOMIZE)).at('details.0.id')).to.equal('LP-POLICY-02');
  });

  it('is refused for a tag of a lost history, and for a malformed tag', async () => {
    const lost = await ask(CUSTOMIZE, { headers: { [IF_DEFAULT]: '"default-4.01ARZ3NDEKTSV4RRFFQ69G5FAV.1"' } });
    expect([lost.status, lost.at('details.0.id')]).to.deep.equal([412, 'LP-COND-07']);
    for (const tag of ['', '*', '4', 'W/"4"', '"4", "5"', '"history-4"', '"-1"']) {
      const bad = await ask(CUSTOMIZE, { headers: { [IF_DEFAULT]: tag } });
      expect([tag, bad.status, bad.at('details.0.id')]).to.deep.equal([tag, 400, 'LP-ARG-04']);
    }
  });

  it('is the only change that accepts the condition; the others refuse it', async () => {
    const headers = await seenDefault();
    const { at, status } = await ask(`POST ${OWN}`, { headers, body: { forceMfa: true } });
    expect([status, at('details.0.id')]).to.deep.equal([400, 'LP-ARG-03']);
    expect(at('details.0.message')).to.equal(
      'login-policy-if-default must be left out, as only customize takes it, not 4.',
    );
  });

  it('accepts the other conditions of a change: If-Match and an idempotency key', async () => {
    expect((await ask(CUSTOMIZE, { headers: { 'if-match': '"3"' } })).status).to.equal(412);
    const headers = { ...(await seenDefault()), 'idempotency-key': 'once' };
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
