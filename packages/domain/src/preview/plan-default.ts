import { type CommandContext, Deadline } from '@login-policy/event-sourcing';
import { ACKNOWLEDGED_BY_NAME } from '../commands/acknowledge.js';
import type { PlanDefaults } from '../commands/command-input.js';
import { foundDefault } from '../commands/facts.js';
import { evolveAll } from '../policy/evolve.js';
import { instanceOf, isOrganization, policyStream, type Owner } from '../policy/owner.js';
import { seenIn } from '../policy/seen.js';
import { rejectedAnswer } from '../reads/answering.js';
import type { ParsedRead } from '../reads/read-input.js';
import type { Beside } from './beside.js';
import type { Rejected } from '../policy/rejections.js';
import type { PolicyParts } from '../policy-parts.js';

/** The organization that is asked about, the other steps of its plan, and how long to wait. */
interface Asked {
  readonly owner: Owner;
  readonly beside: Beside;
  readonly context: Pick<CommandContext, 'signal' | 'waitMs'>;
  readonly read: Pick<ParsedRead, 'freshness'>;
}

/** Looks up the default policy once for all of a preview; `undefined` for the default policy's own preview. */
export async function defaultsOf(
  { owner, beside: { byDefault }, context: { signal, waitMs }, read: { freshness } }: Asked,
  { handler, instancePolicies, policies }: Pick<PolicyParts, 'handler' | 'instancePolicies' | 'policies'>,
): Promise<PlanDefaults | Rejected | undefined> {
  if (!isOrganization(owner)) return undefined;
  const instance = instanceOf(owner);
  // The events are as fresh as can be. The rows know whether the position exists.
  if (freshness.atLeast !== undefined) await instancePolicies.of([owner], freshness);
  if (byDefault === undefined) {
    const before = await Deadline.run(`the default policy of ${instance.instanceId}`, { signal, waitMs }, (deadline) =>
      foundDefault(instance, policies, deadline),
    );
    return { before, after: before };
  }
  const dryRun = await handler.dryRun(policyStream(instance), byDefault, { signal, waitMs, acknowledge: ANYTHING });
  if (dryRun.outcome === 'rejected') return rejectedAnswer(dryRun, instance);
  const before = { policy: dryRun.state.policy, last: seenIn(dryRun.state) };
  return { before, after: { ...before, policy: evolveAll(before.policy, dryRun.events, 'instance') } };
}

/** The guard judges the default's own step, not those beside it. */
const ANYTHING = [...ACKNOWLEDGED_BY_NAME, { lockedOut: Number.MAX_SAFE_INTEGER }];
