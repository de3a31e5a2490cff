import type { ComponentChildren, JSX } from 'preact';
import { lookBack, lookedAt, notPast } from '../state/moments.js';
import { isUnknown, learn, pageOf, refreshPage } from '../state/organizations.js';
import { policyOf, refreshPolicy } from '../state/policies.js';
import { choose, chosen } from '../state/route.js';
import type { OrganizationQuery } from '../wire/organizations.js';
import { organization } from '../wire/scope.js';
import { momentName } from '../words/intent.js';
import { MomentChoice } from './moment-choice.js';
import { OrganizationPicker } from './organization-picker.js';
import { ThenAndNow } from './then-and-now.js';
import { TryAgain } from './try-again.js';
import { useLoaded } from './use-loaded.js';

const SETTLE_MS = 80;
const FIRST: OrganizationQuery = { limit: 1 };
/** The value in the address for no organization. */
const NONE = 'none';

/** The policy to look back into, and the content below. */
export interface MomentPanelProps {
  readonly lastSequence: number;
  readonly children: ComponentChildren;
}

/**
 * Shows the default policy and an organization's effective policy at any moment, and offers to revert to it. The
 * content below is only shown after this has loaded, so that it does not move.
 */
export function MomentPanel({ lastSequence, children }: MomentPanelProps): JSX.Element {
  const moment = momentIn(lastSequence);
  const organizationId = shownOf(chosen('organization'));
  const scope = organization(organizationId);
  const own = useLoaded(organizationId, async () => {
    await (organizationId === '' ? refreshPage(FIRST) : learn([organizationId]));
    if (organizationId !== '' && !isUnknown(organizationId)) await refreshPolicy(scope);
  });
  const isChosen = organizationId !== '' || chosen('organization') === NONE || own.hasEnded;
  const isNobody = isUnknown(organizationId);
  const now = `${lastSequence} ${policyOf(scope)?.details.changeDate ?? ''}`;
  const past = useLoaded(`${moment} ${organizationId} ${now} ${isChosen}`, async (isWanted) => {
    // A dragged slider passes many moments. Only the one where it stops is loaded.
    if (lookedAt.value !== undefined) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    // Wait until the first organization is known, because it determines what to load.
    if (isWanted() && isChosen) await lookBack({ moment, organizationId: isNobody ? '' : organizationId });
  });
  const problem = past.problem ?? own.problem;
  return (
    <>
      <section class="card moment" aria-labelledby="moment-heading">
        <h2 id="moment-heading">What was allowed when</h2>
        <p class="print-only">Moment: {momentName(moment)}</p>
        <MomentChoice moment={moment} lastSequence={lastSequence} choose={(at) => choose({ at })} />
        <OrganizationPicker
          organizationId={organizationId}
          none="The default policy alone"
          pick={(id) => choose({ organization: id === '' ? NONE : id })}
        />
        {isNobody && <p class="warning-line">There is no organization with this id in the instance.</p>}
        <TryAgain what="That moment" loading={past.problem === undefined ? own : past} />
        {lookedAt.value !== undefined && (past.problem === undefined || lookedAt.value.moment === moment) && (
          <ThenAndNow then={lookedAt.value} isBusy={past.isBusy} />
        )}
      </section>
      {(lookedAt.value !== undefined || problem !== undefined) && children}
    </>
  );
}

/** The moment in the address, if it is valid; otherwise now. */
export function momentIn(lastSequence: number): string {
  const at = chosen('at');
  const isVersion = /^\d{1,15}$/.test(at) && Number(at) >= 1 && Number(at) <= lastSequence;
  const isInstant = /^\d{4}-\d\d-\d\dT/.test(at) && !Number.isNaN(Date.parse(at)) && at !== notPast.value;
  return isVersion || isInstant ? at : String(lastSequence);
}

/** The chosen organization; the first one by default. */
function shownOf(id: string): string {
  if (id === NONE) return '';
  return id === '' ? (pageOf(FIRST)?.organizations[0]?.id ?? '') : id;
}
