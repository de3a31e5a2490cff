import { evaluateSignIn, orThrow } from '@login-policy/domain';
import { openPeople } from '@login-policy/domain/people';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { askOf, type Asked, type Reply } from './rest-client.js';
import { ACME, INSTANCE, NOBODY, openService, READER, type Service } from './service.js';

const ADMIN = '/admin/v1/policies/login';
const OWN = '/management/v1/policies/login';

describe('an analysis over REST', () => {
  let service: Service;
  const ask = (place: string, given: Asked = {}): Promise<Reply> => askOf(service, place, given);
  before(async () => {
    service = await openService();
  });
  after(() => service.close());

  it('has a finding for each clause, with a sign-in that reproduces', async () => {
    const { at, status } = await ask(`GET ${ADMIN}/analysis?pack=nist-aal2`, { token: READER });
    expect(status).to.equal(200);
    expect(at('isDefault')).to.equal(true);
    expect(at('findings.0')).to.deep.include({
      pack: 'nist-aal2',
      clause: '2.2.1',
      requirement: 'shall',
      holds: false,
    });
    expect(at('findings.0.counterexample.sentence')).to.match(/^A user with a password, /);
    const { policy } = orThrow(await service.policies.policy({ instanceId: INSTANCE }));
    const signIn: Parameters<typeof evaluateSignIn>[1] = Object(at('findings.0.counterexample.signIn'));
    expect(evaluateSignIn(policy, signIn)).to.include({ outcome: 'proceed', level: 'one-factor' });
    expect(at('undecided.0.why')).to.be.a('string');
  });

  it('is of the effective policy of an organization, for several packs', async () => {
    const headers = { 'x-zitadel-orgid': ACME };
    const { at } = await ask(`GET ${OWN}/analysis?pack=nist-aal1,pci-dss-8`, { headers });
    expect(at('isDefault')).to.equal(true);
    expect(Object(at('findings'))).to.have.length(6);
  });

  it('refuses an unknown pack, and callers without permission', async () => {
    for (const query of ['', '?pack=', '?pack=nist', '?pack=nist-aal1,nist', '?packs=nist-aal1'])
      expect((await ask(`GET ${ADMIN}/analysis${query}`)).status, query).to.equal(400);
    expect((await ask(`GET ${ADMIN}/analysis?pack=nist-aal1`, { token: NOBODY })).status).to.equal(403);
  });
});

describe('a preview over REST, with a census', () => {
  it('counts the users, and says what the change means for the caller', async () => {
    const users = { hasPassword: true, factors: [], identityProviders: [], users: 12, administrators: 2 };
    const people = openPeople(() => [[users, { ...users, organizationId: ACME }]]);
    const service = await openService({ people });
    const you = { hasPassword: true, factors: [], identityProviders: [] };
    const command = { type: 'change', settings: { forceMfa: true } };
    const { at } = await askOf(service, `POST ${ADMIN}/_preview`, { body: { command, you } });
    expect(at('people.hasToSetUp')).to.deep.equal({ users: 24, administrators: 4 });
    expect(at('people.organizations.1.organizationId')).to.equal(ACME);
    expect(at('you')).to.deep.equal({ change: 'hasToSetUp', before: 'one-factor', after: 'set-up' });
    const wrong = await askOf(service, `POST ${ADMIN}/_preview`, {
      body: { command, you: { ...you, factors: ['SMS'] } },
    });
    expect([wrong.status, wrong.at('message')]).to.deep.equal([
      400,
      'options.you.factors[0] must be one of TOTP, U2F, OTP_EMAIL, OTP_SMS, RECOVERY_CODES, U2F_WITH_VERIFICATION, not "SMS". (LP-ARG-03)',
    ]);
    await service.close();
  });
});
