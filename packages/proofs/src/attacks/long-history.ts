import { orThrow, type LoginPolicies } from '@login-policy/domain';
import { OURS, ROOT } from './fixtures.js';

/** About six megabytes as JSON. */
const CHANGES = 2800;
const REASON = 'x'.repeat(1800);

/** Gives an instance's policy a long history: a factor is added and removed, each time with a long reason. */
export async function makeLongHistory(policies: LoginPolicies): Promise<void> {
  const owner = { instanceId: OURS.id };
  for (let change = 0; change < CHANGES; change++) {
    const type = change % 2 === 0 ? 'addSecondFactor' : 'removeSecondFactor';
    orThrow(await policies.execute(owner, { type, factor: 'OTP_SMS' }, { actor: ROOT.id, reason: REASON }));
  }
}
