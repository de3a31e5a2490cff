import { freshInstance, orThrow } from '@login-policy/domain';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { linesOf } from './lines-of.js';
import { askOf, type Asked, type Reply } from './rest-client.js';
import { ACME, countEvents, GLOBEX, INSTANCE, openService, OWNER_OF_ACME, READER, type Service } from './service.js';

const ADMIN = '/admin/v1/policies/login';
const OWN = '/management/v1/policies/login';
const set = { type: 'set', policy: { settings: { forceMfa: true }, secondFactors: ['TOTP'], multiFactors: [] } };
const ofAcme = { token: OWNER_OF_ACME };

describe('a command as data over REST', () => {
  let service: Service;
  const ask = (place: string, given: Asked = {}): Promise<Reply> => askOf(service, place, given);
  const execute = (base: string, command: unknown, given: Asked = {}): Promise<Reply> =>
    ask(`POST ${base}/_execute`, { body: { command }, ...given });
  beforeEach(async () => {
    service = await openService({ guard: 'refuse' });
  });
  afterEach(() => service.close());

  it('is previewed, pinned to the state that was seen, carried out, and answered with the names of the library', async () => {
    const seen = await ask(`POST ${OWN}/_preview`, { ...ofAcme, body: { command: set } });
    expect([seen.status, seen.at('sequence'), seen.at('eventId')]).to.deep.equal([200, '0', undefined]);
    const headers = {
      'if-match': seen.headers.get('etag') ?? '',
      'login-policy-if-seen': String(seen.at('seen')),
      'idempotency-key': 'apply:1',
      'x-request-id': 'apply:1',
    };
    const done = await execute(OWN, set, { ...ofAcme, headers });
    expect(done.status).to.equal(200);
    expect(done.at('details')).to.include({ sequence: '2', resourceOwner: ACME });
    expect(done.headers.get('etag')).to.equal(`"2.${String(done.at('eventId'))}.1"`);
    const again = await execute(OWN, set, { ...ofAcme, headers });
    expect([again.at('isRepeated'), again.at('details.sequence')]).to.deep.equal([true, '2']);
    const late = await execute(OWN, { type: 'remove' }, { ...ofAcme, headers: { 'if-match': '"0"' } });
    expect([late.status, late.at('details.0.id')]).to.deep.equal([412, 'LP-COND-01']);
    const own = await ask(`GET ${OWN}/history`, ofAcme);
    expect(own.at('entries.0.correlationId')).to.equal('apply:1');
  });

  it('changes the given settings, removes, reverts and customizes', async () => {
    for (const command of [
      { type: 'customize' },
      { type: 'change', settings: { forceMfa: true } },
      { type: 'revert', to: '4' },
      { type: 'remove' },
    ])
      expect((await execute(OWN, command, ofAcme)).status, command.type).to.equal(200);
    const { entries } = orThrow(await service.policies.history({ instanceId: INSTANCE, organizationId: ACME }));
    expect(entries.map(({ type }) => type).slice(4)).to.deep.equal([
      ...['LoginPolicyChanged', 'LoginPolicyChanged', 'LoginPolicyRemoved'],
    ]);
  });

  it('that is malformed is refused with the names of the library and the field', async () => {
    const had = await countEvents(service.store);
    for (const [command, field] of [
      [{ type: 'set', policy: { settings: { forceMFa: true } } }, 'settings.forceMFa'],
      [{ type: 'set', policy: { secondFactors: ['FACE'] } }, 'secondFactors[0]'],
      [{ type: 'removeMultiFactor', factor: 'FACE' }, 'factor'],
      [{ type: 'remove', why: 'so' }, 'command.why'],
      [{ type: 'fly' }, 'command.type'],
    ] as const) {
      for (const route of ['_execute', '_preview']) {
        const { at, status } = await ask(`POST ${ADMIN}/${route}`, { body: { command } });
        expect([status, at('code'), at('details.0.id')], JSON.stringify(command)).to.deep.equal([400, 3, 'LP-ARG-03']);
        expect([at('details.1.id'), at('details.1.message')]).to.deep.equal(['field', field]);
      }
    }
    for (const body of [{}, { command: null }, { command: [] }, { command: set, method: 'Revert' }, { command: {} }]) {
      const { at, status } = await ask(`POST ${ADMIN}/_execute`, { body });
      expect([status, at('details.0.id')], JSON.stringify(body)).to.deep.equal([400, 'LP-ARG-01']);
    }
    expect(await countEvents(service.store)).to.equal(had);
  });

  it('that would lock people out is refused with the warnings, unless that is acknowledged', async () => {
    const locks = { type: 'set', policy: { settings: { forceMfa: true }, secondFactors: [], multiFactors: [] } };
    const refused = await execute(ADMIN, locks);
    expect([refused.status, refused.at('details.0.id'), refused.at('details.1.id')]).to.deep.equal([
      ...[400, 'LP-POLICY-04', 'no-way-to-sign-in'],
    ]);
    const headers = { 'login-policy-acknowledge': 'no-factor-left, no-way-to-sign-in' };
    expect((await execute(ADMIN, locks, { headers })).status).to.equal(200);
  });

  it('requires the permission to write, and to delete if it may remove a custom policy', async () => {
    expect((await execute(ADMIN, set, ofAcme)).status).to.equal(403);
    expect((await execute(OWN, set, { token: READER, headers: { 'x-zitadel-orgid': ACME } })).status).to.equal(403);
    const writer = await openService({
      ports: { isAllowed: (_, permission) => permission !== 'policy.delete' },
    });
    for (const command of [{ type: 'remove' }, { type: 'revert', to: '1' }]) {
      const headers = { 'x-zitadel-orgid': ACME };
      const { at, status } = await askOf(writer, `POST ${OWN}/_execute`, { body: { command }, headers });
      expect([status, at('message')]).to.deep.equal([
        ...[403, 'This needs the permission policy.delete, which the caller does not have here. (LP-AUTH-02)'],
      ]);
    }
    await writer.close();
  });

  it('can be rolled out if it means the same for every policy', async () => {
    orThrow(await service.policies.customize({ instanceId: INSTANCE, organizationId: GLOBEX }, { actor: 'set-up' }));
    const command = { type: 'change', settings: { allowRegister: false } };
    for (const route of ['_plan_rollout', '_roll_out'])
      expect((await linesOf(service, `${ADMIN}/${route}`, { body: { id: 'a', command } })).status).to.equal(200);
    const state = await ask(`GET ${ADMIN}/rollout?id=a`);
    expect([state.at('changed'), state.at('command')]).to.deep.equal([2, command]);
    for (const [wrong, word] of [
      [set, '"set" can\'t be rolled out'],
      [{ type: 'removeMultiFactor', factor: 'FACE' }, 'factor must be'],
    ] as const) {
      const { at, status } = await ask(`POST ${ADMIN}/_roll_out`, { body: { id: 'b', command: wrong } });
      expect(status).to.equal(400);
      expect(at('message')).to.include(word);
    }
  });
});

describe('whole policies over REST', () => {
  it('are read with their content, singly and by page, now and as of a moment', async () => {
    const service = await openService();
    const acme = { instanceId: INSTANCE, organizationId: ACME };
    const globex = { instanceId: INSTANCE, organizationId: GLOBEX };
    const identityProviders = [{ id: 'google', ownerType: 'ORG' as const }];
    orThrow(await service.policies.add(acme, { ...freshInstance, identityProviders }, { actor: 'set-up' }));
    orThrow(await service.policies.customize(globex, { actor: 'set-up' }));
    const byDefault = await askOf(service, `GET ${ADMIN}/whole`, {});
    expect(byDefault.at('policy.owner')).to.deep.equal({ instanceId: INSTANCE });
    expect(byDefault.at('policy.settings.lifetimes.passwordCheck')).to.equal('PT240H');
    const own = await askOf(service, `GET ${OWN}/whole`, ofAcme);
    expect([own.at('policy.identityProviders'), own.at('policy.isDefault')]).to.deep.equal([identityProviders, false]);
    expect(own.headers.get('etag')).to.equal((await askOf(service, `GET ${OWN}`, ofAcme)).headers.get('etag'));
    const then = await askOf(service, `GET ${OWN}/whole?asOf=@${String(byDefault.at('policy.position'))}`, ofAcme);
    expect([then.status, then.at('policy.isDefault')]).to.deep.equal([200, false]);
    expect((await askOf(service, `GET ${OWN}/whole?asof=1`, ofAcme)).status).to.equal(400);
    expect((await askOf(service, `GET ${OWN}/whole?asOf=@x`, ofAcme)).status).to.equal(400);

    const first = await askOf(service, `GET ${ADMIN}/organizations/policies?limit=1`, {});
    expect([first.at('next'), first.at('policies.0')]).to.deep.equal([ACME, own.at('policy')]);
    const rest = await askOf(service, `GET ${ADMIN}/organizations/policies?after=${ACME}`, { token: READER });
    expect([rest.at('next'), rest.at('policies.length'), rest.at('unreadable')]).to.deep.equal([undefined, 1, []]);
    expect((await askOf(service, `GET ${ADMIN}/organizations/policies`, ofAcme)).status).to.equal(403);
    await service.close();
  });
});

describe('the permissions of a caller', () => {
  it('are reported to every authenticated caller, for any organization', async () => {
    const service = await openService();
    const place = `POST ${ADMIN}/_permissions`;
    const none = { mayRead: false, mayChange: false, mayRemove: false };
    const all = { mayRead: true, mayChange: true, mayRemove: true };
    const asked = await askOf(service, place, { ...ofAcme, body: { organizationIds: [ACME, GLOBEX, 'nobody'] } });
    expect(asked.at()).to.deep.equal({
      instanceId: INSTANCE,
      default: none,
      organizations: [
        { organizationId: ACME, ...all },
        { organizationId: GLOBEX, ...none },
        { organizationId: 'nobody', ...none },
      ],
    });
    const root = await askOf(service, place, { body: {} });
    expect(root.at('default')).to.deep.equal({ ...all, mayRemove: false });
    expect((await askOf(service, place, { token: '', body: {} })).status).to.equal(401);
    for (const organizationIds of ['x', [''], [1], Array.from({ length: 1001 }, () => 'x')])
      expect((await askOf(service, place, { body: { organizationIds } })).status).to.equal(400);
    await service.close();
  });
});
