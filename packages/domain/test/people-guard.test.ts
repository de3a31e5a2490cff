import { freshInstance, orThrow, type CommandAnswer, type LoginPolicies } from '@login-policy/domain';
import type { Census } from '@login-policy/domain/people';
import { previewCommand, type Preview, type PreviewOptions } from '@login-policy/domain/preview';
import { rollOut } from '@login-policy/domain/rollout';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { censusOf, openCounted, users } from './people-given.js';
import { acme, by, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

const noPasswords = { allowUsernamePassword: false } as const;

/** The warnings of a refusal, in a line each. */
async function refusedFor(answer: Promise<CommandAnswer>): Promise<readonly string[]> {
  const rejection = rejectionOf(await answer);
  if (rejection.reason !== 'would-lock-out') throw new Error(`refused with ${rejection.reason}`);
  return rejection.warnings.map(({ message, warning }) => `${warning}: ${message}`);
}

async function openFresh(census: Census, ...owners: readonly (typeof acme)[]): Promise<LoginPolicies> {
  const { policies } = await openCounted(census);
  orThrow(await policies.add(instance, freshInstance, by));
  for (const owner of owners) orThrow(await policies.customize(owner, by));
  return policies;
}

describe('the guard, with a census', () => {
  it('refuses to lock out the users that there are, although others could still get in (T8)', async () => {
    const policies = await openFresh(censusOf(users({ users: 13, administrators: 2 }), users({ factors: [PASSKEY] })));
    expect(await refusedFor(policies.change(instance, noPasswords, by))).to.deep.equal([
      'users-locked-out: It would lock out 13 of 23 users, among them 2 of 2 administrators.',
    ]);
    await policies.close();
  });

  it('lets pass up to as many as are acknowledged, and refuses once they have grown', async () => {
    const present = { users: 12 };
    const policies = await openFresh(() => [[users(present)]]);
    const enough = { ...by, acknowledge: { lockedOut: 12 } } as const;
    present.users = 13;
    expect(await refusedFor(policies.change(instance, noPasswords, enough))).to.have.length(1);
    const listed = { ...by, acknowledge: ['no-factor-left', { lockedOut: 11 }] } as const;
    expect(await refusedFor(policies.change(instance, noPasswords, listed))).to.have.length(1);
    present.users = 12;
    orThrow(await policies.change(instance, noPasswords, enough));
    await policies.close();
  });

  it('still refuses what no conceivable user could pass, however many users are acknowledged', async () => {
    const policies = await openFresh(censusOf(users()));
    const closing = { ...noPasswords, passwordlessType: 'NOT_ALLOWED' } as const;
    const known = { ...by, acknowledge: { lockedOut: 10 } } as const;
    expect(await refusedFor(policies.change(instance, closing, known))).to.deep.equal([
      'no-way-to-sign-in: Nobody could sign in: no kind of user could complete a sign-in with what the policy would allow.',
    ]);
    await policies.close();
  });

  it('judges the default for organizations without a custom policy only, and an organization alone', async () => {
    const inAcme = users({ organizationId: 'acme', users: 7, administrators: 1 });
    const inGlobex = users({ organizationId: 'globex', users: 3 });
    const policies = await openFresh(censusOf(inAcme, inGlobex, users({ factors: ['TOTP'], users: 2 })), acme);
    expect(await refusedFor(policies.change(instance, noPasswords, by))).to.deep.equal([
      'users-locked-out: It would lock out 5 of 5 users, among them 0 of 0 administrators.',
    ]);
    expect(await refusedFor(policies.change(acme, noPasswords, by))).to.deep.equal([
      'users-locked-out: It would lock out 7 of 7 users, among them 1 of 1 administrators.',
    ]);
    orThrow(await policies.change(acme, noPasswords, { ...by, acknowledge: { lockedOut: 7 } }));
    // Back to the default: nobody loses a way in.
    orThrow(await policies.remove(acme, by));
    const strict = { settings: noPasswords, multiFactors: [PASSKEY] } as const;
    expect(await refusedFor(policies.add(globex, strict, by))).to.have.length(1);
    await policies.close();
  });

  it('does not ask it where nobody could lose a way in', async () => {
    let asked = 0;
    const policies = await openFresh(() => {
      asked++;
      throw new Error('the directory is away');
    });
    orThrow(await policies.change(instance, { allowRegister: false, forceMfa: true }, by));
    orThrow(await policies.removeSecondFactor(instance, 'TOTP', by));
    orThrow(await policies.change(instance, { forceMfa: false }, by));
    orThrow(await policies.addSecondFactor(instance, 'TOTP', by));
    expect(asked).to.equal(0);
    await policies.close();
  });

  it('refuses what it can not judge, unless that is acknowledged', async () => {
    const policies = await openFresh(() => {
      throw new Error('the directory is away');
    });
    expect(await refusedFor(policies.change(instance, noPasswords, by))).to.deep.equal([
      "census-unknown: Who is affected can't be counted: the directory is away",
    ]);
    const many = { ...by, acknowledge: { lockedOut: Number.MAX_SAFE_INTEGER } } as const;
    expect(await refusedFor(policies.change(instance, noPasswords, many))).to.have.length(1);
    orThrow(await policies.change(instance, noPasswords, { ...by, acknowledge: ['census-unknown'] }));
    await policies.close();
  });

  it('takes a linked provider that its directory does not know for no way in', async () => {
    const linked = users({ hasPassword: false, identityProviders: ['idp-1'], users: 4 });
    for (const isKnown of [true, false]) {
      let exists = true;
      const directory = () => (exists ? [{ id: 'idp-1' }] : []);
      const { policies } = await openCounted(censusOf(linked), { identityProviders: directory });
      orThrow(await policies.add(instance, { identityProviders: [{ id: 'idp-1', ownerType: 'SYSTEM' }] }, by));
      exists = isKnown;
      const answer = await policies.change(instance, { allowExternalIdp: false }, by);
      expect(answer.outcome).to.equal(isKnown ? 'rejected' : 'accepted');
      await policies.close();
    }
  });

  it('lets a link to a provider that is gone be removed while it is away, because that was no way in', async () => {
    let exists = true;
    const directory = () => (exists ? [{ id: 'idp-1' }] : []);
    const away: Census = () => {
      throw new Error('the census is away');
    };
    const { policies } = await openCounted(away, { identityProviders: directory });
    orThrow(await policies.add(instance, { identityProviders: [{ id: 'idp-1', ownerType: 'SYSTEM' }] }, by));
    expect(await refusedFor(policies.removeIdentityProvider(instance, 'idp-1', by))).to.have.length(1);
    exists = false;
    orThrow(await policies.removeIdentityProvider(instance, 'idp-1', by));
    await policies.close();
  });

  it('is asked by a rollout, too, in its plan and on each policy', async () => {
    const inAcme = users({ organizationId: 'acme', users: 7 });
    const policies = await openFresh(censusOf(inAcme, users({ organizationId: 'globex', users: 3 })), acme, globex);
    const command = { type: 'change', settings: noPasswords } as const;
    const options = { ...by, id: 'no passwords', acknowledge: { lockedOut: 3 } } as const;
    const rollout = rollOut(policies, instance, command, options);
    const { steps } = orThrow(await rollout.plan());
    const outcomes = steps.map(({ outcome, owner }) => `${owner.organizationId ?? 'default'}: ${outcome}`);
    expect(outcomes).to.deep.equal(['default: would-change', 'acme: would-be-refused', 'globex: would-change']);
    const refused: string[] = [];
    for await (const { refusals } of rollout.carryOut())
      refused.push(
        ...refusals.map(({ message, owner, reason }) => `${String(owner.organizationId)}: ${reason} ${message}`),
      );
    expect(refused).to.have.length(1);
    expect(refused[0]).to.match(/^acme: would-lock-out .*It would lock out 7 of 7 users/);
    await policies.close();
  });
});

describe('a preview, with a census', () => {
  const previewed = async (policies: LoginPolicies, options: object = {}): Promise<Preview> =>
    orThrow(await previewCommand(policies, instance, { type: 'change', settings: { forceMfa: true } }, options));

  it('counts the users whom the change affects, in all and by organization, and the caller', async () => {
    const policies = await openFresh(
      censusOf(
        users({ users: 2, administrators: 2 }),
        users({ organizationId: 'acme', users: 5 }),
        users({ organizationId: 'globex', factors: ['TOTP'], users: 3 }),
      ),
    );
    const you = { hasPassword: true, factors: [], identityProviders: [] };
    const { people, you: yours } = await previewed(policies, { you });
    if (people === undefined || 'unknown' in people) throw new Error('the users are counted');
    expect(people.hasToSetUp).to.deep.equal({ users: 7, administrators: 2 });
    expect(people.unchanged).to.deep.equal({ users: 3, administrators: 0 });
    expect(
      people.organizations.map(({ organizationId, hasToSetUp }) => [organizationId, hasToSetUp.users]),
    ).to.deep.equal([
      ['acme', 5],
      [undefined, 2],
    ]);
    expect(people.organizationCount).to.equal(2);
    expect(yours).to.deep.equal({ change: 'hasToSetUp', before: 'one-factor', after: 'set-up' });
    await policies.close();
  });

  it('says that they are unknown without one, and nothing of a change that no sign-in depends on', async () => {
    const { loginPolicies: policies } = await openDesk();
    orThrow(await policies.add(instance, freshInstance, by));
    expect(await previewed(policies))
      .to.have.nested.property('people.unknown')
      .which.matches(/No census/);
    const hidden = { type: 'change', settings: { hidePasswordReset: true } } as const;
    expect(orThrow(await previewCommand(policies, instance, hidden))).not.to.have.property('people');
    await policies.close();
  });

  it('tells callers that they would lock themselves out', async () => {
    const policies = await openFresh(censusOf(users({ administrators: 1 })));
    const you = { hasPassword: true, factors: [], identityProviders: [] };
    const command = { type: 'change', settings: noPasswords } as const;
    const refused = rejectionOf(await previewCommand(policies, instance, command, { you }));
    expect(refused)
      .to.have.nested.property('warnings[0].message')
      .which.matches(/1 of 1 administrators, and you\.$/);
    const { warnings, you: yours } = orThrow(
      await previewCommand(policies, instance, command, { you, acknowledge: { lockedOut: 10 } }),
    );
    expect(warnings.introduced.map(({ warning }) => warning)).to.deep.equal(['users-locked-out']);
    expect(yours?.change).to.equal('lockedOut');
    await policies.close();
  });

  it('refuses malformed options, naming the field', async () => {
    const policies = await openFresh(censusOf());
    for (const [field, options] of [
      ['options.acknowledge.lockedOut', { acknowledge: { lockedOut: -1 } }],
      ['options.acknowledge.lockedOut', { acknowledge: { lockedOut: 1.5 } }],
      ['options.acknowledge.locked', { acknowledge: { locked: 1 } }],
      ['options.acknowledge[0]', { acknowledge: ['users-locked-out'] }],
      ['options.you.factors[0]', { you: { hasPassword: true, factors: ['SMS'], identityProviders: [] } }],
      ['options.you.hasPassword', { you: { factors: [], identityProviders: [] } }],
    ] as const) {
      const given: PreviewOptions = JSON.parse(JSON.stringify(options));
      const answer = await previewCommand(policies, instance, { type: 'change', settings: {} }, given);
      expect(rejectionOf(answer), field).to.have.property('field', field);
    }
    await policies.close();
  });
});
