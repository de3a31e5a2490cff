import type { CommandInput, OwnerRef } from '@login-policy/domain';
import { compareSignIns, isOrganization, locksSomebodyOut, type SignInsCompared } from '@login-policy/domain/model';
import type { Preview } from '@login-policy/domain/preview';
import type { RolloutPlan } from '@login-policy/domain/rollout';

/** The dry run of a command on one policy, and what it means for sign-ins. */
export interface CommandPreview extends Preview, SignInsCompared {
  readonly owner: OwnerRef;
  readonly command: CommandInput;
  /** Whether it changes the default policy. */
  readonly isDefault: boolean;
  /** Whether some kind of user could no longer complete a sign-in. */
  readonly locksOut: boolean;
}

/** What `needsApproval` judges: each command of a proposal, or each page of the plan of a rollout. */
export type ChangePreview = CommandPreview | RolloutPlan;

/** How many others have to approve a change; 0: nobody. */
export type NeedsApproval = (preview: ChangePreview) => number | Promise<number>;

/** Adds to a preview what it means for sign-ins. */
export function commandPreview(preview: Preview, owner: OwnerRef, command: CommandInput): CommandPreview {
  const { after, before } = preview;
  return {
    ...preview,
    ...compareSignIns(before, after),
    owner,
    command,
    isDefault: !isOrganization(owner),
    locksOut: locksSomebodyOut(before, after),
  };
}

/**
 * One other person for every change of the default policy, for every rollout, and for what weakens sign-ins or locks
 * anybody out.
 */
export const oneForWhatMatters: (preview: ChangePreview) => number = (preview) => {
  if (preview.kind === 'rollout-plan') return preview.counts['would-change'] > 0 ? 1 : 0;
  if (preview.events.length === 0) return 0;
  const { isDefault, locksOut, people, warnings, weakened } = preview;
  const locksUsersOut = people !== undefined && !('unknown' in people) && people.lockedOut.users > 0;
  return isDefault || weakened || locksOut || locksUsersOut || warnings.introduced.length > 0 ? 1 : 0;
};
