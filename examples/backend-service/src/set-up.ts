import { freshInstance, orThrow, type LoginPolicies, type OwnerRef, type NewLoginPolicy } from '@login-policy/domain';
import { laterPosition, type Position } from '@login-policy/event-sourcing';
import { globex, instance } from './organizations.js';

const by = { actor: 'setup', reason: 'first start of the service' };

/** The result of the set-up: whether it was the first one, and the position that a read must include to see it. */
export interface SetUp {
  readonly state: 'set up' | 'found';
  readonly position: Position;
}

/** Brings the policies into force that are not there yet: run again, it changes nothing. */
export async function setUp(loginPolicies: LoginPolicies): Promise<SetUp> {
  const first = await ensure(loginPolicies, instance, freshInstance);
  const second = await ensure(loginPolicies, globex, { ...freshInstance, secondFactors: ['TOTP'] });
  return { state: first.isNew ? 'set up' : 'found', position: laterPosition(first.position, second.position) };
}

async function ensure(
  loginPolicies: LoginPolicies,
  owner: OwnerRef,
  policy: NewLoginPolicy,
): Promise<{ readonly isNew: boolean; readonly position: Position }> {
  const added = await loginPolicies.add(owner, policy, by);
  if (added.outcome === 'accepted') return { isNew: true, position: added.position };
  if (added.rejection.reason !== 'policy-already-exists') orThrow(added);
  // A change that changes nothing is granted, and says how far a read has to be to see the policy as it is.
  return { isNew: false, position: orThrow(await loginPolicies.change(owner, {}, by)).position };
}
