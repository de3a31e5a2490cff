import type { PolicyParts } from '../policy-parts.js';
import type { CommandOptions } from '../commands/command-input.js';
import { isOrganization, type Owner } from '../policy/owner.js';
import { RejectedError } from '../reads/answers.js';
import { revertedOn } from './claim-id.js';
import { keyOf, keyOn, type LookUp } from './rolled-out.js';
import type { ParsedRollout } from './rollout-input.js';
import { seenOn } from './rollout-seen.js';
import { ofRejected } from './rollout-steps.js';
import type { Done } from './tally.js';

/** What carrying out needs beside the rollout. */
interface CarryingOut extends Pick<PolicyParts, 'execute'> {
  readonly options: CommandOptions;
  readonly lookUp: LookUp;
}

/** Carries a rollout out on one policy. A policy that was removed and added again since is given the command anew. */
export async function carryOutOn(
  owner: Owner,
  { options: { id, ifSeen }, parsed, reach }: ParsedRollout,
  { execute, options, lookUp }: CarryingOut,
): Promise<Done> {
  const seen = isOrganization(owner) ? seenOn(owner, ifSeen) : ifSeen?.byDefault;
  const bound = seen === undefined ? options : { ...options, ifSeen: seen };
  const under = (key: string): ReturnType<typeof execute> => execute(owner, parsed, { ...bound, idempotencyKey: key });
  let answer = await under(keyOf(id));
  if (answer.outcome === 'accepted' && answer.isRepeated) {
    const key = await keyOn(lookUp, owner, id);
    if (key !== keyOf(id)) answer = await under(key);
    const refusal = await revertedOn(owner, { id, key }, lookUp);
    if (refusal !== undefined) return { what: 'refused', refusal };
  }
  if (answer.outcome === 'accepted') return { what: answer.events.length > 0 ? 'changed' : 'unchanged' };
  // The default changed between the look and its append: then nothing is carried out at all.
  if (answer.rejection.reason === 'changed-since' && !isOrganization(owner)) throw new RejectedError(answer);
  const step = ofRejected(owner, answer, reach);
  return step.outcome === 'would-be-refused' ? { what: 'refused', refusal: step.refusal } : { what: 'unchanged' };
}
