import type { LoginPolicies } from '@login-policy/domain';
import { parseIdentityProviderId, parseOwner } from '@login-policy/domain/model';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { by, instance, openDesk } from './policies.js';

const EXPECTED = 'id must be an id of 1 to 200 characters without control characters or lone surrogates, not';

/** How a sentence shows what stood where an id should. */
const SHOWN: readonly (readonly [given: unknown, shown: string])[] = [
  ['', '""'],
  [`"${'x'.repeat(58)}\n`, `"\\"${'x'.repeat(58)}\\n"`],
  [`${'x'.repeat(60)}\n`, `"${'x'.repeat(60)}" (61 characters)`],
  ['x'.repeat(201), `"${'x'.repeat(60)}" (201 characters)`],
  [7, '7'],
  [Number.NaN, 'NaN'],
  [true, 'true'],
  [undefined, 'undefined'],
  [7n, '7n'],
  [10n ** 70n, `1${'0'.repeat(59)}n`],
  [null, 'null'],
  [[1], 'a list'],
  [{}, 'an object'],
  [() => 1, 'a function'],
  [Symbol('id'), 'a symbol'],
];

describe('the message for malformed input', () => {
  it('shows the given value, shortened', () => {
    for (const [given, shown] of SHOWN)
      expect(() => parseIdentityProviderId(given, 'id'), shown).to.throw(`${EXPECTED} ${shown}.`);
  });

  it('names the member that was probably meant, or all members', async () => {
    const { loginPolicies } = await openDesk();
    const said = async (settings: object) => messageOf(loginPolicies.change(instance, settings, by));
    expect(await said({ forceMFA: true })).to.equal('settings.forceMFA is not a setting. Did you mean forceMfa?');
    expect(await said({ force_mfa: true })).to.equal('settings.force_mfa is not a setting. Did you mean forceMfa?');
    expect(await said({ lifetimes: { passwordChek: 1 } })).to.equal(
      'settings.lifetimes.passwordChek is not a lifetime. Did you mean passwordCheck?',
    );
    expect(await said({ lifetimes: { session: 1 } })).to.equal(
      'settings.lifetimes.session is not a lifetime. There are passwordCheck, externalLoginCheck, mfaInitSkip, secondFactorCheck and multiFactorCheck.',
    );
    const optioned = loginPolicies.change(instance, {}, Object({ ...by, reasons: 'x' }));
    expect(await messageOf(optioned)).to.equal('options.reasons is not an option. Did you mean reason?');
    expect(() => parseOwner({ instance: '1' }, 'owner')).to.throw(
      'owner.instance is not a member of owner. Did you mean instanceId?',
    );
    expect(() => parseOwner({ x: '1' }, 'owner')).to.throw(
      'owner.x is not a member of owner. There are instanceId and organizationId.',
    );
    const removal = loginPolicies.execute({ ...instance, organizationId: 'a' }, Object({ type: 'remove', x: 1 }), by);
    expect(await messageOf(removal)).to.equal('command.x is not a member of command. There is only type.');
  });

  it('suggests a name that differs in one letter, or in four of ten', async () => {
    const nearest = (name: string): string | undefined =>
      /Did you mean (.*)\?/.exec(messageFrom(() => parseOwner({ [name]: 1 }, 'owner')))?.[1];
    for (const slip of ['instanceld', 'instaceID', 'Instance-Id', 'instancID', 'instance', 'xinstanceId'])
      expect(nearest(slip), slip).to.equal('instanceId');
    for (const slip of ['organisation', 'organizati']) expect(nearest(slip), slip).to.equal('organizationId');
    for (const other of ['organizatX', 'orgId', 'organId', 'zation', 'i', 'dIecnatsni', ''])
      expect(nearest(other), other).to.equal(undefined);
    const { loginPolicies } = await openDesk();
    const linked = loginPolicies.addIdentityProvider(instance, Object({ ld: 'x', ownerType: 'SYSTEM' }), by);
    expect(await messageOf(linked)).to.equal(
      'identityProvider.ld is not a member of identityProvider. Did you mean id?',
    );
  });

  it('names a member of any length in a line', () => {
    const long = messageFrom(() => parseOwner({ ['x'.repeat(1_000_000)]: 1 }, 'owner'));
    expect(long).to.equal(`owner.${'x'.repeat(60)} is not a member of owner. There are instanceId and organizationId.`);
  });
});

async function messageOf(answer: ReturnType<LoginPolicies['change']>): Promise<string> {
  const answered = await answer;
  return answered.outcome === 'rejected' ? answered.message : answered.outcome;
}

function messageFrom(parse: () => unknown): string {
  try {
    return String(parse());
  } catch (caught) {
    return caught instanceof Error ? caught.message : String(caught);
  }
}
