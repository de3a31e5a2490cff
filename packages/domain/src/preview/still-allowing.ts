import type { CommandContext, Freshness } from '@login-policy/event-sourcing';
import type { LoginPolicyCommand } from '../commands/commands.js';
import { isOrganization, type Instance, type Owner } from '../policy/owner.js';
import type { CommandAnswer } from '../reads/answers.js';
import type { PolicyReader } from '../reads/policy-reader.js';
import type { ListFilter } from '../reads/read-input.js';

/** The longest wait of a removal's answer for the rows that count which custom policies still allow it. */
const LONGEST_WAIT_MS = 1000;

/**
 * A filter for the policies that still allow what a command removes; `undefined` if it removes no factor or identity
 * provider.
 */
export function stillAllowingFilter(command: LoginPolicyCommand): ListFilter | undefined {
  switch (command.type) {
    case 'removeSecondFactor':
    case 'removeMultiFactor':
      return { index: 'allowing', value: command.factor };
    case 'removeIdentityProvider':
      return { index: 'linking', value: command.id };
    case 'add':
    case 'change':
    case 'customize':
    case 'set':
    case 'remove':
    case 'addSecondFactor':
    case 'addMultiFactor':
    case 'addIdentityProvider':
    case 'revert':
      return undefined;
  }
}

/** How many custom policies match a filter; `unknown` beside those that this program can't read. */
export async function stillAllowing(
  policies: PolicyReader,
  instance: Instance,
  { filter, freshness }: { readonly filter: ListFilter; readonly freshness: Freshness },
): Promise<number | 'unknown'> {
  const count = await policies.customizedCount(instance, filter, freshness);
  return (await policies.unreadableCount(instance, freshness)) > 0 ? 'unknown' : count;
}

/** The command and its owner, and how long the caller waits. */
interface Given {
  readonly owner: Owner;
  readonly parsed: LoginPolicyCommand;
  readonly context: Pick<CommandContext, 'signal' | 'waitMs'>;
}

/**
 * Adds to the answer of a removal from a default policy how many custom policies still allow what it removed.
 * Returns any other answer unchanged. The removal is recorded, so a failed count must not fail its answer.
 */
export async function withStillAllowingCount(
  answer: CommandAnswer,
  { owner, parsed, context: { signal, waitMs = LONGEST_WAIT_MS } }: Given,
  policies: PolicyReader,
): Promise<CommandAnswer> {
  const filter = stillAllowingFilter(parsed);
  if (answer.outcome === 'rejected' || filter === undefined || isOrganization(owner)) return answer;
  const freshness = { atLeast: answer.position, signal, waitMs: Math.min(LONGEST_WAIT_MS, waitMs) };
  try {
    return { ...answer, stillAllowing: await stillAllowing(policies, owner, { filter, freshness }) };
  } catch {
    return { ...answer, stillAllowing: 'unknown' };
  }
}
