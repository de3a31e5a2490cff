import {
  defaultSettings,
  freshInstance,
  openLoginPolicies,
  orThrow,
  type IdentityProvider,
} from '@login-policy/domain';
import { ABSENT, diffPolicies, parseIdentityProviderId } from '@login-policy/domain/model';
import { isFault, openMemoryStore } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { DateTime } from 'luxon';
import { describe, it } from 'mocha';
import { followed } from './bent-stores.js';
import { acme, by, instance, openDesk, PASSKEY, policyAdded, policyAfter, rejectionOf } from './policies.js';

const at = (second: number) => ({ instant: DateTime.fromISO(`2026-01-01T00:00:0${second}Z`, { zone: 'utc' }) });
const passkeyGone = { what: 'multi-factor', factor: PASSKEY, step: 'removed' };
const forced = { what: 'setting', setting: 'forceMfa', before: false, after: true };

describe('the difference between two moments', () => {
  async function threeSteps() {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by); // 00:00:00, sequences 1 to 4
    await loginPolicies.removeMultiFactor(instance, PASSKEY, by); // 00:00:01, sequence 5
    await loginPolicies.change(instance, { forceMfa: true }, by); // 00:00:02, sequence 6
    return loginPolicies;
  }

  it('contains the changes between two sequences, two instants, or one and now', async () => {
    const loginPolicies = await threeSteps();
    const changesIn = async (span: Parameters<typeof loginPolicies.diff>[1]) =>
      orThrow(await loginPolicies.diff(instance, span)).changes;
    expect(await changesIn({ from: { sequence: 4n }, to: { sequence: 5n } })).to.deep.equal([passkeyGone]);
    expect(await changesIn({ from: at(1), to: at(2) })).to.deep.equal([forced]);
    expect(await changesIn({ from: { sequence: 4n } })).to.deep.equal([forced, passkeyGone]);
    expect(await changesIn({ from: at(2) })).to.deep.equal([]);
  });

  it('may go backwards, and contains both policies with their details', async () => {
    const loginPolicies = await threeSteps();
    const { before, after, changes } = orThrow(
      await loginPolicies.diff(instance, { from: { sequence: 6n }, to: { sequence: 5n } }),
    );
    expect(changes).to.deep.equal([{ ...forced, before: true, after: false }]);
    expect([before?.details.sequence, after?.details.sequence]).to.deep.equal([6n, 5n]);
  });

  it('ends no earlier than it begins, where followed rows lag behind the events', async () => {
    const store = openMemoryStore();
    const { loginPolicies } = await openDesk({ store });
    await loginPolicies.add(instance, freshInstance, by);
    const behind = followed(store);
    const lagging = await openLoginPolicies({ store: behind.store });
    await lagging.readModel.ready();
    behind.pause();
    const { position } = orThrow(await loginPolicies.change(instance, { forceMfa: true }, by));
    for (const from of [{ position }, { sequence: 5n }]) {
      const early = await lagging.diff(instance, { from }, { waitMs: 20 }).catch((caught: unknown) => caught);
      expect(isFault(early, 'projection-behind')).to.equal(true);
    }
    behind.goOn();
    expect(orThrow(await lagging.diff(instance, { from: { position } })).changes).to.deep.equal([]);
    await Promise.all([lagging.close(), loginPolicies.close()]);
  });

  it('of an organization compares its effective policies', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by); // :00
    await loginPolicies.removeMultiFactor(instance, PASSKEY, by); // :01
    await loginPolicies.add(acme, { settings: { ...defaultSettings, forceMfa: true } }, by); // :02
    const { before, after, changes } = orThrow(await loginPolicies.diff(acme, { from: at(0), to: at(1) }));
    expect(changes).to.deep.equal([passkeyGone]);
    expect([before?.isDefault, after?.isDefault]).to.deep.equal([true, true]);
    const now = orThrow(await loginPolicies.diff(acme, { from: at(1) }));
    expect(now.changes[0]).to.deep.equal(forced);
    expect(now.after?.isDefault).to.equal(false);
  });

  it('from before the policy existed reports its addition, and is not found if it existed at neither moment', async () => {
    const loginPolicies = await threeSteps();
    const long = { instant: DateTime.fromISO('2020-01-01T00:00:00Z') };
    const { before, changes } = orThrow(await loginPolicies.diff(instance, { from: long }));
    expect(before).to.equal(undefined);
    expect(changes[0]).to.deep.equal({ what: 'policy', step: 'added' });
    const refused = await loginPolicies.diff(instance, { from: long, to: long });
    expect(rejectionOf(refused).reason).to.equal('policy-not-found');
    expect(refused)
      .to.have.property('message')
      .that.matches(/ had no default login policy then\.$/);
    const never = await loginPolicies.diff({ instanceId: 'other' }, { from: long });
    expect(never).to.have.property('message', 'Instance other has no default login policy yet.');
  });

  it('names the malformed moment', async () => {
    const loginPolicies = await threeSteps();
    for (const [span, field] of [
      [{ from: { sequence: 7n } }, 'span.from.sequence'],
      [{ from: { sequence: 1n }, to: { sequence: 7n } }, 'span.to.sequence'],
    ] as const) {
      expect(rejectionOf(await loginPolicies.diff(instance, span))).to.include({ reason: 'invalid-argument', field });
    }
  });
});

describe('the input of a difference or a history', () => {
  it('is refused if it is malformed', async () => {
    const { loginPolicies } = await openDesk();
    const from = { sequence: 1n };
    for (const [answer, field] of [
      [loginPolicies.diff(instance, { from }, Object({ asOf: from })), 'options.asOf'],
      [loginPolicies.diff(instance, Object({ to: from })), 'span.from'],
      [loginPolicies.diff(instance, Object({ from, until: from })), 'span.until'],
      [loginPolicies.history(instance, Object({ direction: 'sideways' })), 'options.direction'],
      [loginPolicies.history(instance, { fromSequence: -1n }), 'options.fromSequence'],
    ] as const)
      expect(rejectionOf(await answer)).to.include({ reason: 'invalid-argument', field });
  });
});

describe('the differences between two policies', () => {
  const id = parseIdentityProviderId('idp-1', 'id');
  const [own, shared]: readonly IdentityProvider[] = [
    { id, ownerType: 'ORG' },
    { id, ownerType: 'SYSTEM' },
  ];
  const linked = policyAfter(...policyAdded({ identityProviders: own === undefined ? [] : [own] }));

  it('include lifetimes, in ISO 8601', () => {
    const lifetimes = { ...defaultSettings.lifetimes, passwordCheck: 'PT36H' };
    const changed = policyAfter(...policyAdded({ settings: { lifetimes } }));
    expect(diffPolicies(policyAfter(...policyAdded()), changed)).to.deep.equal([
      {
        what: 'setting',
        setting: 'lifetimes.passwordCheck',
        before: defaultSettings.lifetimes.passwordCheck,
        after: lifetimes.passwordCheck,
      },
    ]);
  });

  it('include identity providers, also if only their owner type differs', () => {
    const others = policyAfter(...policyAdded({ identityProviders: shared === undefined ? [] : [shared] }));
    expect(diffPolicies(linked, others)).to.deep.equal([
      { what: 'identity-provider', identityProvider: own, step: 'removed' },
      { what: 'identity-provider', identityProvider: shared, step: 'added' },
    ]);
  });

  it('are the whole policy if it does not exist at the other moment', () => {
    const settings = diffPolicies(ABSENT, linked).filter(({ what }) => what === 'setting');
    expect(settings).to.deep.include({ what: 'setting', setting: 'forceMfa', before: undefined, after: false });
    expect(diffPolicies(ABSENT, linked)).to.deep.equal([
      { what: 'policy', step: 'added' },
      ...settings,
      { what: 'identity-provider', identityProvider: own, step: 'added' },
    ]);
    const gone = diffPolicies(linked, ABSENT);
    expect(gone).to.have.length(settings.length + 2);
    expect(gone).to.deep.include({ what: 'setting', setting: 'forceMfa', before: false, after: undefined });
    expect(gone.at(-1)).to.deep.equal({ what: 'identity-provider', identityProvider: own, step: 'removed' });
  });
});
