import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { lookBack, lookedAt } from '../state/moments.js';
import { organizations } from '../state/organizations.js';
import { policyOf, refreshPolicy } from '../state/policies.js';
import { organization } from '../wire/scope.js';
import { MomentChoice } from './moment-choice.js';
import { TryAgain } from './try-again.js';
import { ThenAndNow } from './then-and-now.js';
import { useLoaded } from './use-loaded.js';

/** What a look back in time is about. */
export interface MomentPanelProps {
  /** The moment that is looked at; other parts of the view may set it. */
  readonly moment: Signal<string>;
  /** The organization that is looked at: none while it is empty, the first one until one was chosen. */
  readonly chosen: Signal<string | undefined>;
  readonly lastSequence: number;
}

const SETTLE_MS = 80;

/** What was allowed when: the default policy and an organization's effective policy at any moment, and the way back. */
export function MomentPanel({ moment, chosen, lastSequence }: MomentPanelProps): JSX.Element {
  const organizationId = shownOf(chosen.value);
  const scope = organization(organizationId);
  const own = useLoaded(organizationId, async () => {
    if (organizationId !== '') await refreshPolicy(scope);
  });
  const now = `${lastSequence} ${policyOf(scope)?.details.changeDate ?? ''}`;
  const about = `${moment.value} ${organizationId} ${now}`;
  const past = useLoaded(about, async (isWanted) => {
    // A slider that is dragged passes many moments; the one it rests on is asked for.
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    if (isWanted()) await lookBack({ moment: moment.value, organizationId });
  });
  return (
    <section class="card moment" aria-labelledby="moment-heading">
      <h2 id="moment-heading">What was allowed when</h2>
      <MomentChoice moment={moment} lastSequence={lastSequence} />
      <OrganizationChoice organizationId={organizationId} chosen={chosen} />
      <TryAgain what="That moment" loading={past.problem === undefined ? own : past} />
      {lookedAt.value !== undefined && <ThenAndNow then={lookedAt.value} />}
    </section>
  );
}

/** An address may name an organization that there is not. */
function shownOf(chosen: string | undefined): string {
  const all = organizations.value ?? [];
  const isThere = chosen === '' || all.some(({ id }) => id === chosen);
  return (isThere ? chosen : all[0]?.id) ?? '';
}

interface OrganizationChoiceProps {
  readonly organizationId: string;
  readonly chosen: Signal<string | undefined>;
}

function OrganizationChoice({ organizationId, chosen }: OrganizationChoiceProps): JSX.Element {
  return (
    <label class="field inline-field">
      <span>Organization</span>
      <select
        value={organizationId}
        onChange={({ currentTarget }) => {
          chosen.value = currentTarget.value;
        }}
      >
        <option value="">The default policy alone</option>
        {(organizations.value ?? []).map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
