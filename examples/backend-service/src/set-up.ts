import { freshInstance, orThrow, type LoginPolicies } from '@login-policy/domain';
import { globex, instance } from './organizations.js';

const by = { actor: 'setup', reason: 'first start of the service' };

/** Brings the policies into force that are not there yet: run again, it changes nothing. Says whether it was the first time. */
export async function setUp(loginPolicies: LoginPolicies): Promise<'set up' | 'found'> {
  const added = await loginPolicies.add(instance, freshInstance, by);
  if (added.outcome === 'rejected' && added.rejection.reason !== 'policy-already-exists') orThrow(added);
  const custom = await loginPolicies.add(globex, { ...freshInstance, secondFactors: ['TOTP'] }, by);
  if (custom.outcome === 'rejected' && custom.rejection.reason !== 'policy-already-exists') orThrow(custom);
  return added.outcome === 'accepted' ? 'set up' : 'found';
}
