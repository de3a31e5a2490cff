import type { JSX } from 'preact';
import { organizationName } from '../state/organizations.js';
import { addressOf } from '../state/route.js';
import type { Rollout } from '../state/rollouts.js';
import type { Plan, RolloutRefusal } from '../wire/rollout.js';
import { actorName } from '../words/actor.js';
import { counted, listed } from '../words/counted.js';
import { Instant } from './instant.js';

const MOST_REFUSALS = 50;

/** What a rollout would do, in numbers and in the names of the first few. */
export function PlanSummary({ plan: { changing, unchanged, refused } }: { readonly plan: Plan }): JSX.Element {
  if (changing.length === 0) return <p>Nothing: no policy would change.</p>;
  const names = changing.slice(0, 5).map(nameOf);
  return (
    <ul class="effect">
      <li>
        <strong>{counted(changing.length, 'policy', 'policies')}</strong> would change: {listed(names, changing.length)}
        .
      </li>
      {unchanged > 0 && <li class="soft">{counted(unchanged, 'policy', 'policies')}: nothing to do.</li>}
      {refused.length > 0 && <li class="soft">{counted(refused.length, 'policy', 'policies')} would be refused.</li>}
    </ul>
  );
}

/** Where a rollout stands, with when that was read. */
export function StandingSummary({ standing }: { readonly standing: NonNullable<Rollout['standing']> }): JSX.Element {
  const { actor, recordedAt, reason, changed, pending, stillAllowing, deed, readAt } = standing;
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
          <strong>{counted(changed, 'policy', 'policies')}</strong> were changed by it.
        </li>
        {pending > 0 && <li>{counted(pending, 'policy', 'policies')} are still to be changed.</li>}
        {stillAllowing !== undefined && deed?.wish === 'remove-factor' && (
          <li>
            <a href={addressOf({ view: 'organizations', query: { policy: 'custom', allowing: deed.factor.name } })}>
              {counted(stillAllowing, 'custom policy', 'custom policies')} still allow it
            </a>
            .
          </li>
        )}
        <li class="soft">
          Read at <Instant at={readAt} shows="time" />.
        </li>
      </ul>
    </>
  );
}

/** Policies that were not changed although there was something to do, each with why. */
export function Refusals({ refused }: { readonly refused: readonly RolloutRefusal[] }): JSX.Element | null {
  if (refused.length === 0) return null;
  const rest = refused.length - MOST_REFUSALS;
  return (
    <>
      <h3 id="refusals">Refused ({refused.length.toLocaleString('en-GB')})</h3>
      <ul class="meanwhile" aria-labelledby="refusals">
        {refused.slice(0, MOST_REFUSALS).map(({ organizationId, message }) => (
          <li key={organizationId}>
            <strong>{nameOf(organizationId)}</strong>: {message}
          </li>
        ))}
      </ul>
      {rest > 0 && <p class="soft">{counted(rest, 'more', 'more')}.</p>}
    </>
  );
}

function nameOf(organizationId: string): string {
  return organizationId === '' ? 'the default policy' : organizationName(organizationId);
}
