import type { JSX } from 'preact';
import { organizationName } from '../state/organizations.js';
import { addressOf } from '../state/route.js';
import type { Rollout } from '../state/rollouts.js';
import type { Plan, RolloutRefusal } from '../wire/plan.js';
import { commandData } from '../wire/command-data.js';
import { INSTANCE } from '../wire/scope.js';
import { isEverywhere, type Task } from '../wire/task.js';
import { actorName } from '../words/actor.js';
import { counted, listed } from '../words/counted.js';
import { Instant } from './instant.js';
import { WhoIsAffected } from './who-is-affected.js';
import { YesterdaysSignIns } from './yesterday.js';

const MOST_REFUSALS = 50;

interface PlanSummaryProps {
  readonly plan: Plan & { readonly readAt?: string };
  readonly task: Task | undefined;
  /** What it means for the signed-in user; `undefined` if it does not reach them. */
  readonly you: string | undefined;
}

/** The plan of a rollout: its numbers, and the first few names. */
export function PlanSummary({ plan, task, you }: PlanSummaryProps): JSX.Element {
  const { changing, unchanged, refused, weaker, people, readAt } = plan;
  const names = changing.slice(0, 5).map(policyName);
  return (
    <>
      <ul class="effect">
        {changing.length === 0 ? (
          <li>Nothing: no policy would change.</li>
        ) : (
          <li>
            <strong>{counted(changing.length, 'policy', 'policies')}</strong> would change:{' '}
            {listed(names, changing.length)}.
          </li>
        )}
        {weaker > 0 && (
          <li class="warning-line">
            In {weaker.toLocaleString('en-GB')} of them, users who have nothing else set up will sign in with one factor
            from now on.
          </li>
        )}
        {unchanged > 0 && <li class="soft">{counted(unchanged, 'policy', 'policies')}: nothing to do.</li>}
        {refused.length > 0 && <li class="soft">{counted(refused.length, 'policy', 'policies')} would be refused.</li>}
        {readAt !== undefined && (
          <li class="soft">
            Read at <Instant at={readAt} shows="time" />.
          </li>
        )}
      </ul>
      {changing.length > 0 && (
        <>
          <h3>Who is affected</h3>
          <WhoIsAffected people={people} you={you} />
          {task !== undefined && isEverywhere(task) && (
            <YesterdaysSignIns scope={INSTANCE} command={commandData(task.deed)} isEverywhere />
          )}
        </>
      )}
    </>
  );
}

interface StandingSummaryProps {
  readonly standing: NonNullable<Rollout['standing']>;
  readonly task: Task | undefined;
}

/** The status of a rollout, and when it was read. */
export function StandingSummary({ standing, task }: StandingSummaryProps): JSX.Element {
  const { actor, recordedAt, reason, changed, pending, readAt } = standing;
  return (
    <>
      <p>
        {actorName(actor)} began it, <Instant at={recordedAt} />
        {reason !== undefined && (
          <>
            : <q>{reason}</q>
          </>
        )}
      </p>
      <ul class="effect">
        <li>
          <strong>{counted(changed, 'policy', 'policies')}</strong> {changed === 1 ? 'was' : 'were'} changed by it.
        </li>
        {task !== undefined && pending > 0 && (
          <li>
            {counted(pending, 'policy', 'policies')} {pending === 1 ? 'is' : 'are'} still to be changed.
          </li>
        )}
        <StillAllowing standing={standing} />
        {task === undefined && (
          <li class="warning-line">
            This address does not say all of what it was to change, or where: it can be reverted, and not be gone on
            with.
          </li>
        )}
        <li class="soft">
          Read at <Instant at={readAt} shows="time" />.
        </li>
      </ul>
    </>
  );
}

/** After the removal of a factor: the policies that still allow it. */
function StillAllowing({
  standing: { deed, stillAllowing },
}: Pick<StandingSummaryProps, 'standing'>): JSX.Element | null {
  if (stillAllowing === undefined || deed?.wish !== 'remove-factor') return null;
  const query = { policy: 'custom', allowing: deed.factor.name };
  return (
    <li>
      <a href={addressOf({ view: 'organizations', query })}>
        {stillAllowing === 'more-than-10000'
          ? 'More than 10,000 custom policies'
          : counted(stillAllowing, 'custom policy', 'custom policies')}{' '}
        still {stillAllowing === 1 ? 'allows' : 'allow'} it
      </a>
      .
    </li>
  );
}

interface RefusalsProps {
  readonly refused: readonly RolloutRefusal[];
  /** `Refused`, or `Would be refused`. */
  readonly title: string;
}

/** The policies that were not changed although they needed a change, and why. */
export function Refusals({ refused, title }: RefusalsProps): JSX.Element | null {
  if (refused.length === 0) return null;
  const rest = refused.length - MOST_REFUSALS;
  return (
    <>
      <h3 id="refusals">
        {title} ({refused.length.toLocaleString('en-GB')})
      </h3>
      <ul class="meanwhile" aria-labelledby="refusals">
        {refused.slice(0, MOST_REFUSALS).map(({ organizationId, message }) => (
          <li key={organizationId}>
            <strong>{policyName(organizationId)}</strong>: {message}
          </li>
        ))}
      </ul>
      {rest > 0 && <p class="soft">{counted(rest, 'more', 'more')}.</p>}
    </>
  );
}

/** The policy of an organization, or the default, in a sentence. */
export function policyName(organizationId: string): string {
  return organizationId === '' ? 'the default policy' : organizationName(organizationId);
}
