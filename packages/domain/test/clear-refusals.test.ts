import { describeSignIn, freshInstance, openLoginPolicies, orThrow, toJson } from '@login-policy/domain';
import { openMemoryStore, parsePosition } from '@login-policy/event-sourcing';
import { settableClock } from '@login-policy/testkit';
import { expect } from 'chai';
import { DateTime } from 'luxon';
import { describe, it } from 'mocha';
import {
  acme,
  by,
  instance,
  INSTANCE_STREAM,
  openDesk,
  policyAdded,
  recordAsItStands,
  rejectionOf,
} from './policies.js';

describe('a refusal names the malformed member', () => {
  it('an id with white space at an end, which HTTP would take off (T64)', async () => {
    const { loginPolicies } = await openDesk();
    for (const id of [' acme', 'acme ', '\u00a0acme', 'acme\u3000']) {
      const refused = rejectionOf(await loginPolicies.policy({ ...instance, organizationId: id }));
      const expected = 'an id without white space at its ends';
      expect(refused).to.include({ field: 'owner.organizationId', expected });
      expect(rejectionOf(await loginPolicies.add(instance, freshInstance, { actor: id }))).to.include({ expected });
    }
    expect((await loginPolicies.add({ ...instance, organizationId: 'ac me' }, {}, { actor: 'a' })).outcome).to.equal(
      'accepted',
    );
  });

  it('a blank id, whatever white space or invisible characters it has (Q39, T38)', async () => {
    const { loginPolicies } = await openDesk();
    for (const blank of [' ', '   ', '\u00a0', '\u2003\u3000', '\u200b', '\u3164', ' \u2800', '\u{e0020}']) {
      const refused = rejectionOf(await loginPolicies.add(instance, freshInstance, { actor: blank }));
      expect(refused).to.include({ field: 'options.actor', expected: 'an id that is not blank' });
      const owner = rejectionOf(await loginPolicies.policy({ instanceId: blank }));
      expect(owner).to.include({ reason: 'invalid-argument', field: 'owner.instanceId' });
    }
    expect((await loginPolicies.add(instance, freshInstance, { actor: 'a b' })).outcome).to.equal('accepted');
  });

  it('a Date, a Map or a promise as options, because they would look empty (Q39)', async () => {
    const { loginPolicies } = await openDesk();
    for (const wrong of [new Date(), new Map([['asOf', 1]]), new Set(), Promise.resolve({}), /x/]) {
      const refused = rejectionOf(await loginPolicies.policy(instance, Object(wrong)));
      expect(refused).to.include({ reason: 'invalid-argument', field: 'options', expected: 'a plain object' });
    }
    const bare: object = Object.create(null);
    expect(rejectionOf(await loginPolicies.policy(instance, bare)).reason).to.equal('policy-not-found');
  });

  it('an instant without its name, and an acknowledgement without its list', async () => {
    const { loginPolicies } = await openDesk();
    for (const wrong of ['2026-01-01T00:00:00Z', new Date(0), DateTime.fromMillis(0), 5, null, [1n]]) {
      const { policy } = loginPolicies;
      const refused = rejectionOf(await Reflect.apply(policy, loginPolicies, [instance, { asOf: wrong }]));
      expect(refused).to.include({ field: 'options.asOf', expected: '{ sequence }, { position } or { instant }' });
    }
    const given = { ...by, acknowledge: 'no-factor-left' };
    const refused = rejectionOf(await Reflect.apply(loginPolicies.add, loginPolicies, [instance, {}, given]));
    expect(refused).to.include({ field: 'options.acknowledge' });
    expect(refused).to.have.property('expected').that.includes('a list');
  });

  it('something other than an answer, such as a promise (Q39)', async () => {
    const { loginPolicies } = await openDesk();
    const answering = loginPolicies.add(instance, freshInstance, by);
    expect(() => orThrow(Object(answering))).to.throw(
      TypeError,
      'orThrow takes an answer, not a promise of one: await it',
    );
    expect(() => toJson(Object(answering))).to.throw(
      TypeError,
      'toJson takes an answer, not a promise of one: await it',
    );
    expect(() => describeSignIn(Object(answering))).to.throw(
      TypeError,
      'describeSignIn takes an answer, not a promise of one: await it',
    );
    expect(() => orThrow(JSON.parse('null'))).to.throw(TypeError, 'orThrow takes an answer, not null');
    await answering;
  });

  it('a position that is not text (Q39)', () => {
    for (const json of ['1', 'null', '{}', '["1"]'])
      expect(() => parsePosition(JSON.parse(json))).to.throw(
        RangeError,
        'a position must be a text of up to 51 decimal digits',
      );
  });
});

describe('an instant outside of the years 1 to 9999 (Q28)', () => {
  it('is refused as input with the name of its field, in each form', async () => {
    const { loginPolicies } = await openDesk();
    for (const text of ['-000001-01-01T00:00:00.000Z', '0000-12-31T23:59:59.999Z', '+010000-01-01T00:00:00.000Z']) {
      for (const moment of [text, new Date(text), DateTime.fromISO(text, { zone: 'utc' })]) {
        const read = rejectionOf(await loginPolicies.policy(instance, { asOf: { instant: moment } }));
        const expected = { field: 'options.asOf.instant', expected: 'an instant of the years 1 to 9999' };
        expect(read).to.include({ reason: 'invalid-argument', ...expected });
        const reverted = await loginPolicies.revert(acme, { instant: moment }, by);
        expect(rejectionOf(reverted)).to.include({ ...expected, field: 'to.instant' });
      }
    }
    const earliest = await loginPolicies.policy(instance, { asOf: { instant: '0001-01-01T00:00:00.000Z' } });
    expect(rejectionOf(earliest).reason).to.equal('policy-not-found');
  });

  it('is read if it was recorded', async () => {
    const clock = settableClock('+012000-01-01T00:00:00.000Z');
    const loginPolicies = await openLoginPolicies({ store: openMemoryStore({ clock }) });
    const done = await loginPolicies.add(instance, freshInstance, by);
    expect(orThrow(done).details.changeDate.year).to.equal(12_000);
    expect(toJson(await loginPolicies.policy(instance))).to.have.nested.property(
      'policy.details.changeDate',
      '+012000-01-01T00:00:00.000Z',
    );
  });
});

describe("an organization's own provider that was recorded on an instance (Q40)", () => {
  it("is read as the instance's, and does not belong to an organization in a custom policy that is made of it", async () => {
    const { loginPolicies, store } = await openDesk();
    const linked = { type: 'IdentityProviderAdded', data: { identityProvider: { id: 'idp', ownerType: 'ORG' } } };
    await recordAsItStands(store, [...policyAdded(), linked], INSTANCE_STREAM);
    const expected = [{ id: 'idp', ownerType: 'SYSTEM' }];
    expect(orThrow(await loginPolicies.identityProviders(instance)).items).to.deep.equal(expected);
    orThrow(await loginPolicies.customize(acme, by));
    expect(orThrow(await loginPolicies.identityProviders(acme)).items).to.deep.equal(expected);
    orThrow(await loginPolicies.removeIdentityProvider(instance, 'idp', by));
  });
});
