import { LoginPolicies, openLoginPolicies, orThrow } from '@login-policy/domain';
import { openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { Duration } from 'luxon';
import { describe, it } from 'mocha';
import { acme, by, instance, openDesk, rejectionOf } from './policies.js';

describe('a program that imports the library', () => {
  it('gets the class as a value, for dependency injection', async () => {
    const { loginPolicies } = await openDesk();
    expect(loginPolicies).to.be.an.instanceOf(LoginPolicies);
  });

  it('may write lifetimes as ISO 8601 text: PT240H, P10D and the Duration are equal', async () => {
    const { loginPolicies } = await openDesk();
    const shortened = { settings: { lifetimes: { passwordCheck: 'P1D', mfaInitSkip: 'PT0S' } } };
    const added = orThrow(await loginPolicies.add(instance, shortened, by));
    expect(orThrow(await loginPolicies.policy(instance)).policy.settings.lifetimes.passwordCheck.toISO()).to.equal(
      'PT24H',
    );
    for (const passwordCheck of ['PT24H', 'PT86400S', Duration.fromObject({ days: 1 })]) {
      const { events } = orThrow(await loginPolicies.change(instance, { lifetimes: { passwordCheck } }, by));
      expect(events).to.deep.equal([]);
    }
    expect(added.details.sequence).to.equal(1n);
  });

  for (const text of ['', '1 hour', 'PT', 'P1M', 'P1Y', '-PT1H', 'PT0.0005S', 'P36501D', `PT${'1'.repeat(10_000)}S`]) {
    it(`is refused a lifetime that is ${text.slice(0, 20) || 'empty'}`, async () => {
      const { loginPolicies } = await openDesk();
      orThrow(await loginPolicies.add(instance, {}, by));
      const rejection = rejectionOf(await loginPolicies.change(instance, { lifetimes: { mfaInitSkip: text } }, by));
      expect(rejection).to.include({ reason: 'invalid-argument', field: 'settings.lifetimes.mfaInitSkip' });
    });
  }
});

describe('a refusal', () => {
  /** Calls as JavaScript does. */
  const sentenceOf = async (method: string, ...given: readonly unknown[]): Promise<string> => {
    const { loginPolicies } = await openDesk();
    const called: unknown = Reflect.get(loginPolicies, method);
    if (typeof called !== 'function') throw new Error(`there is no ${method}`);
    const answer: unknown = await Reflect.apply(called, loginPolicies, given);
    return String(Reflect.get(Object(answer), 'message'));
  };

  it('names the member that was probably meant', async () => {
    expect(await sentenceOf('change', instance, { forceMFA: true }, by)).to.equal(
      'settings.forceMFA is not a setting. Did you mean forceMfa?',
    );
    expect(await sentenceOf('change', instance, { lifetimes: { password_check: 'PT1H' } }, by)).to.equal(
      'settings.lifetimes.password_check is not a lifetime. Did you mean passwordCheck?',
    );
    expect(await sentenceOf('remove', acme, { ...by, idempotenceKey: 'k' })).to.equal(
      'options.idempotenceKey is not an option. Did you mean idempotencyKey?',
    );
  });

  it('names all members if none is similar', async () => {
    expect(await sentenceOf('policy', { ...acme, zone: 'eu' })).to.equal(
      'owner.zone is not a member of owner. There are instanceId and organizationId.',
    );
  });

  it('of a read of the past is in the past tense', async () => {
    const { loginPolicies } = await openDesk();
    const asOf = { instant: '2025-01-01T00:00:00Z' };
    expect(await loginPolicies.policy(acme, { asOf })).to.include({
      message: 'Organization acme had no custom login policy then.',
    });
    expect(await loginPolicies.effectivePolicy(acme, { asOf })).to.include({
      message: `Instance ${instance.instanceId} had no default login policy then.`,
    });
  });

  it('of an opening names what is missing', async () => {
    const messageOf = async (options: object): Promise<string> => {
      const opening: unknown = Reflect.apply(openLoginPolicies, undefined, [options]);
      return Promise.resolve(opening).then(String, String);
    };
    for (const store of [undefined, null, 'a file', {}, { eventStore: {} }, { readModels: {} }])
      expect(await messageOf({ store })).to.include('openLoginPolicies: store must be an opened store, not ');
    const misspelt = await messageOf({ sotre: {} });
    expect(misspelt).to.include('openLoginPolicies: sotre is not an option. Did you mean store?');
    const wrong = await messageOf({ store: openMemoryStore(), guard: 'never' });
    expect(wrong).to.include('openLoginPolicies: guard must be "refuse" or "warn", not "never".');
  });
});
