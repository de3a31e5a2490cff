import { evaluateSignIn, LoginPolicies, type CommandInput } from '@login-policy/domain';
import { ABSENT, decide, evolve, type LoginPolicyEvent } from '@login-policy/domain/model';
import { expect } from 'chai';
import { describe, it } from 'mocha';

/** Each command has a method of its name. */
type Methods = { readonly [Name in CommandInput['type']]: (...given: never) => unknown };
const haveMethods: LoginPolicies extends Methods ? true : never = true;

/** Never run: what must not compile, doesn't. Each line stops the build when it begins to. */
export function mustNotCompile(policies: LoginPolicies, event: LoginPolicyEvent): readonly Promise<unknown>[] {
  const pending: Promise<unknown>[] = [];
  const by = { actor: 'a' };
  const perhaps = new Map<string, string>().get('acme');
  // @ts-expect-error login policies are opened on a store
  const constructed: new (...given: never[]) => object = LoginPolicies;
  // @ts-expect-error a second factor is not a multi-factor
  pending.push(policies.removeMultiFactor({ instanceId: '1' }, 'TOTP', { actor: 'a' }));
  // @ts-expect-error an organization that is not known is not the instance
  pending.push(policies.removeMultiFactor({ instanceId: '1', organizationId: undefined }, 'U2F_WITH_VERIFICATION', by));
  // @ts-expect-error nor is one that perhaps is known
  pending.push(policies.removeMultiFactor({ instanceId: '1', organizationId: perhaps }, 'U2F_WITH_VERIFICATION', by));
  // @ts-expect-error nobody changes a policy without saying who he is
  pending.push(policies.removeMultiFactor({ instanceId: '1' }, 'U2F_WITH_VERIFICATION', {}));
  // @ts-expect-error an instance's policy can't be removed
  pending.push(policies.remove({ instanceId: '1' }, { actor: 'a' }));
  // @ts-expect-error a change names settings that exist
  pending.push(policies.change({ instanceId: '1' }, { forceMFA: true }, { actor: 'a' }));
  const user = { hasPassword: true, factors: [], identityProviders: [] };
  // @ts-expect-error a sign-in is judged in an organization: its policy is not the instance's
  pending.push(policies.evaluateSignIn({ instanceId: '1' }, { user, session: {} }));
  // @ts-expect-error a user who can't be described is not judged
  pending.push(policies.evaluateSignIn({ instanceId: '1', organizationId: '2' }, { user: undefined, session: {} }));
  // @ts-expect-error what is judged without a clock is judged at an instant
  evaluateSignIn(ABSENT, { user, session: {} });
  // @ts-expect-error what was recorded stays as it is
  event.type = 'MultiFactorRemoved';
  // @ts-expect-error a removal says nothing else
  evolve(ABSENT, { type: 'LoginPolicyRemoved', data: 42 }, 'organization');
  // @ts-expect-error there is no such command
  decide({ type: 'setMultiFactors', factor: 'U2F' }, ABSENT, { owner: 'instance' });
  expect(constructed).to.equal(LoginPolicies);
  return pending;
}

describe('the types', () => {
  it('have a method for each command', () => expect(haveMethods).to.equal(true));
  it('make invalid code fail the build', () => expect(mustNotCompile).to.be.a('function'));
});
