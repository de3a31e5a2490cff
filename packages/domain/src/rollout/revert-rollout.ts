import type { PolicyParts } from '../policy-parts.js';
import { yieldToLoop } from '@login-policy/event-sourcing';
import {
  isOrganization,
  ORGANIZATION_CATEGORY,
  ownerOfStream,
  type Organization,
  type Owner,
} from '../policy/owner.js';
import { sequenceOf } from '../policy/change-info.js';
import { boundAt, noteRevert } from './claim-id.js';
import { eventOfRollout, revertKeyOf, type LookUp } from './rolled-out.js';
import type { ParsedRollout, RevertRolloutOptions } from './rollout-input.js';
import { refusalOf } from './rollout-steps.js';
import type { Done } from './tally.js';

/** Restores a policy as it was before its event of the rollout, unless it changed since. */
export async function revertOn(
  owner: Owner,
  rollout: ParsedRollout,
  {
    by,
    execute,
    lookUp,
  }: Pick<PolicyParts, 'execute'> & { readonly by: RevertRolloutOptions; readonly lookUp: LookUp },
): Promise<Done> {
  const event = await eventOfRollout(lookUp, owner, rollout);
  if (event === undefined || event === 'unchanged') return { what: 'unchanged' };
  if ('reason' in event) return { what: 'refused', refusal: event };
  await noteRevert(rollout, lookUp);
  const { id } = rollout.options;
  const key = revertKeyOf(id, event.metadata.idempotencyKey ?? '');
  const [ifSequence, ifEventId] = [sequenceOf(event), event.id];
  const context = { ...by, correlationId: id, idempotencyKey: key, ifSequence, ifEventId };
  const answer = await execute(owner, { type: 'revert', to: { sequence: ifSequence - 1n } }, context);
  if (answer.outcome === 'rejected') return { what: 'refused', refusal: refusalOf(owner, answer) };
  return { what: answer.events.length > 0 ? 'changed' : 'unchanged' };
}

/**
 * The organizations that the rollout changed and whose custom policy was removed since. They have no row any more, so
 * they are found in the log, from where the rollout's id was bound. Chosen organizations are looked at without that.
 */
export async function* resetSince(
  rollout: ParsedRollout,
  lookUp: LookUp,
): AsyncGenerator<Organization, void, undefined> {
  const { instance, options, reach } = rollout;
  if (reach.organizations !== undefined) return;
  const { deadline, store } = lookUp;
  const removed = new Map<string, Organization>();
  const read = { after: await boundAt(rollout, lookUp), filter: { categories: [ORGANIZATION_CATEGORY] } };
  for await (const page of store.readAll(read, deadline)) {
    for (const { streamId, type } of page) {
      if (type === 'LoginPolicyAdded') removed.delete(streamId);
      const owner = type === 'LoginPolicyRemoved' ? ownerOfStream(streamId) : undefined;
      if (owner !== undefined && isOrganization(owner) && owner.instanceId === instance.instanceId)
        removed.set(streamId, owner);
    }
    await yieldToLoop();
  }
  for (const owner of removed.values()) {
    // Nothing is revealed about an organization that the caller may not change.
    if (options.mayChange !== undefined && !(await options.mayChange(owner, deadline))) continue;
    if (typeof (await eventOfRollout(lookUp, owner, rollout)) === 'object') yield owner;
  }
}
