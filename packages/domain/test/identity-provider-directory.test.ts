import { freshInstance, orThrow, type IdentityProviderDirectory, type LoginPolicies } from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import { type RolloutOptions, rollOut } from '@login-policy/domain/rollout';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { censusOf, openCounted, users } from './people-given.js';
import { acme, by, countEvents, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

const TYPO = { id: 'gooogle-typo', ownerType: 'SYSTEM' } as const;
const noPasswords = { type: 'change', settings: { allowUsernamePassword: false } } as const;
const noPasskeys = { type: 'removeMultiFactor', factor: PASSKEY } as const;

/** A directory that knows these now, and counts how often it is asked. */
class Known {
  readonly names: Set<string>;
  asked = 0;
  isAway = false;

  constructor(...names: readonly string[]) {
    this.names = new Set(names);
  }

  readonly look: IdentityProviderDirectory = async () => {
    this.asked += 1;
    if (this.isAway) throw new Error('the directory is away');
    return [...this.names].map((id) => ({ id, name: `Sign in with ${id}`, type: 'OIDC' }));
  };
}

/** Policies with passwords, passkeys and a link, whose provider is gone from the directory. */
async function linkedToNothing(known: Known, guard: 'refuse' | 'warn' = 'refuse'): Promise<LoginPolicies> {
  const { loginPolicies } = await openDesk({ guard, identityProviders: known.look });
  known.names.add(TYPO.id);
  for (const owner of [instance, acme])
    orThrow(await loginPolicies.add(owner, { ...freshInstance, identityProviders: [TYPO] }, by));
  known.names.delete(TYPO.id);
  return loginPolicies;
}

function warningsIn(answer: Awaited<ReturnType<LoginPolicies['execute']>>): readonly string[] {
  const rejection = rejectionOf(answer);
  return rejection.reason === 'would-lock-out' ? rejection.warnings.map(({ warning }) => warning) : [rejection.reason];
}

describe('a linked identity provider that exists nowhere', () => {
  it('is no way in for the guard, so the last other way stays (T23)', async () => {
    const policies = await linkedToNothing(new Known());
    for (const owner of [instance, acme]) {
      orThrow(await policies.execute(owner, noPasswords, by));
      expect(warningsIn(await policies.execute(owner, noPasskeys, by))).to.deep.equal(['no-way-to-sign-in']);
      expect(rejectionOf(await previewCommand(policies, owner, noPasskeys)).reason).to.equal('would-lock-out');
      orThrow(await policies.execute(owner, { type: 'removeIdentityProvider', id: TYPO.id }, by));
    }
  });

  it('is a way in again once the directory knows it', async () => {
    const known = new Known();
    const policies = await linkedToNothing(known);
    orThrow(await policies.execute(instance, noPasswords, by));
    known.names.add(TYPO.id);
    orThrow(await policies.execute(instance, noPasskeys, by));
  });

  it('is no way in of a default that would apply', async () => {
    const policies = await linkedToNothing(new Known());
    const free = { acknowledge: ['no-way-to-sign-in', 'no-factor-left'] } as const;
    orThrow(await policies.execute(instance, noPasswords, by));
    orThrow(await policies.execute(instance, noPasskeys, { ...by, ...free }));
    expect(warningsIn(await policies.remove(acme, by))).to.deep.equal(['no-way-to-sign-in']);
  });

  it('is no way in for the plan of a rollout', async () => {
    const policies = await linkedToNothing(new Known());
    orThrow(await policies.execute(instance, noPasswords, by));
    const options: RolloutOptions = { ...by, id: 'advisory' };
    const { steps } = orThrow(await rollOut(policies, instance, noPasskeys, options).plan());
    expect(steps.map(({ outcome }) => outcome)).to.deep.equal(['would-be-refused', 'would-change']);
  });

  it('is no way in for the warnings of a preview, where the guard only warns', async () => {
    const policies = await linkedToNothing(new Known(), 'warn');
    orThrow(await policies.execute(instance, noPasswords, by));
    const { warnings } = orThrow(await previewCommand(policies, instance, noPasskeys));
    expect(warnings.introduced.map(({ warning }) => warning)).to.include('no-way-to-sign-in');
    orThrow(await policies.execute(instance, noPasskeys, by));
  });

  it('is no way in for the population', async () => {
    const known = new Known(TYPO.id);
    const linked = users({ hasPassword: false, identityProviders: [TYPO.id], users: 4 });
    const { people, policies } = await openCounted(censusOf(linked), { identityProviders: known.look });
    orThrow(await policies.add(instance, { ...freshInstance, identityProviders: [TYPO] }, by));
    expect(await people.population(policies, instance)).to.have.nested.property('one-factor.users', 4);
    known.names.clear();
    expect(await people.population(policies, instance)).to.have.nested.property('no-way-to-sign-in.users', 4);
    known.isAway = true;
    expect(await people.population(policies, instance)).to.deep.equal({ unknown: 'the directory is away' });
    await policies.close();
  });
});

describe('a directory of identity providers', () => {
  it('is asked once for each command that can take a way in, and not where nothing is linked', async () => {
    const known = new Known(TYPO.id);
    const { loginPolicies } = await openDesk({ guard: 'refuse', identityProviders: known.look });
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    orThrow(await loginPolicies.execute(instance, { type: 'removeSecondFactor', factor: 'TOTP' }, by));
    expect(known.asked).to.equal(0);
    orThrow(await loginPolicies.addIdentityProvider(instance, TYPO, by));
    orThrow(await loginPolicies.change(instance, { allowRegister: false }, by));
    expect(known.asked).to.equal(1);
    orThrow(await loginPolicies.execute(instance, noPasswords, by));
    expect(known.asked).to.equal(2);
  });

  it('stops what depends on its answer while it is away, and what accepts every lock-out goes on', async () => {
    const known = new Known();
    const policies = await linkedToNothing(known);
    known.isAway = true;
    const caught: unknown = await policies.execute(instance, noPasskeys, by).catch((error: unknown) => error);
    expect(caught).to.be.instanceOf(Error).with.property('message', 'the directory is away');
    orThrow(await policies.addSecondFactor(instance, 'OTP_SMS', by));
    const acknowledge = ['no-way-to-sign-in', 'no-factor-left'] as const;
    orThrow(await policies.execute(instance, noPasskeys, { ...by, acknowledge }));
  });

  it('tells what it knows of the providers of a policy, in the order asked', async () => {
    const known = new Known('b', 'a', 'not asked');
    const { loginPolicies, store } = await openDesk({ identityProviders: known.look });
    const asked = ['a', 'gone', 'b'].map((id) => ({ id, ownerType: 'SYSTEM' }) as const);
    const { identityProviders } = orThrow(await loginPolicies.knownIdentityProviders(globex, asked));
    expect(identityProviders).to.deep.equal([
      { id: 'a', name: 'Sign in with a', type: 'OIDC' },
      { id: 'b', name: 'Sign in with b', type: 'OIDC' },
    ]);
    const nobody: object = { instanceId: '' };
    const refused = await loginPolicies.knownIdentityProviders(Object(nobody), asked);
    expect(refused).to.have.nested.property('rejection.field', 'owner.instanceId');
    expect(await countEvents(store)).to.equal(0);
    const without = await openDesk();
    expect(without.loginPolicies.namesIdentityProviders).to.equal(false);
    const caught: unknown = await without.loginPolicies
      .knownIdentityProviders(globex, asked)
      .catch((one: unknown) => one);
    expect(caught).to.be.instanceOf(Error).with.property('message').that.includes('no option `identityProviders`');
  });
});
