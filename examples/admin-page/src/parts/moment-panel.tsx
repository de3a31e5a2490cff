import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { lookBack, lookedAt, notPast } from '../state/moments.js';
import { isUnknown, learn } from '../state/organizations.js';
import { policyOf, refreshPolicy } from '../state/policies.js';
import { choose, chosen } from '../state/route.js';
import { together } from '../state/unread.js';
import { INSTANCE, organization } from '../wire/scope.js';
import { momentName } from '../words/intent.js';
import { MomentChoice } from './moment-choice.js';
import { ThenAndNow } from './then-and-now.js';
import { TryAgain } from './try-again.js';
import { useLoaded, type Loading } from './use-loaded.js';

const SETTLE_MS = 80;
/** The moment in an address for what holds now. */
export const NOW = 'now';

/**
 * Shows the default policy and the effective policy of the organization that is filtered by, at the moment in the
 * address, and offers to revert to it. The first moment of a view takes no focus, any other does.
 */
export function MomentPanel({ isFirst }: { readonly isFirst: boolean }): JSX.Element {
  const { isNobody, lastSequence, moment, own, past } = useMoment();
  const heading = useFocusOn(isFirst ? '' : chosen('at'));
  return (
    <section class="card moment" aria-labelledby="moment-heading" aria-busy={lookedAt.value === undefined}>
      <div class="moment-head">
        <h2 ref={heading} id="moment-heading" tabIndex={-1}>
          What was allowed when
        </h2>
        <button type="button" class="button button-small" onClick={() => choose({ at: '' }, 'push')}>
          Close<span class="hidden"> the moment</span>
        </button>
      </div>
      <p class="print-only">Moment: {momentName(moment)}</p>
      {isNoMoment(lastSequence) && (
        <p class="warning-line">The address names no past moment. Shown is what holds now.</p>
      )}
      {lastSequence > 0 && <MomentChoice moment={moment} lastSequence={lastSequence} choose={(at) => choose({ at })} />}
      {isNobody && <p class="warning-line">There is no organization with this id in the instance.</p>}
      <TryAgain what="That moment" loading={past.problem === undefined ? own : past} />
      {lookedAt.value !== undefined && (past.problem === undefined || lookedAt.value.moment === moment) && (
        <ThenAndNow then={lookedAt.value} isBusy={past.isBusy} />
      )}
    </section>
  );
}

interface Looked {
  /** Whether the organization that is filtered by does not exist. */
  readonly isNobody: boolean;
  /** The last version of the default policy; 0 until it is known. */
  readonly lastSequence: number;
  readonly moment: string;
  readonly own: Loading;
  readonly past: Loading;
}

/** Looks back to the moment in the address. */
function useMoment(): Looked {
  const organizationId = chosen('organizationId');
  const scope = organization(organizationId);
  const own = useLoaded(organizationId, async () => {
    await together([refreshPolicy(INSTANCE), learn(organizationId === '' ? [] : [organizationId])]);
    if (organizationId !== '' && !isUnknown(organizationId)) await refreshPolicy(scope);
  });
  const lastSequence = Number(policyOf(INSTANCE)?.details.sequence ?? 0);
  const moment = momentIn(lastSequence);
  const isNobody = isUnknown(organizationId);
  const now = `${lastSequence} ${policyOf(scope)?.details.changeDate ?? ''}`;
  const past = useLoaded(`${moment} ${organizationId} ${now} ${own.hasEnded}`, async (isWanted) => {
    // A dragged slider passes many moments. Only the one where it stops is loaded.
    if (lookedAt.value !== undefined) await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    if (isWanted() && own.hasEnded && lastSequence > 0)
      await lookBack({ moment, organizationId: isNobody ? '' : organizationId });
  });
  return { isNobody, lastSequence, moment, own, past };
}

/** Moves the focus to the heading when another moment is looked at, unless it was chosen here. */
function useFocusOn(at: string): { readonly current: HTMLHeadingElement | null } {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (at === '') return;
    if (heading.current?.closest('section')?.contains(document.activeElement) === false) heading.current.focus();
  }, [at]);
  return heading;
}

/** Whether the address names a moment in the future, a version that is not there, or nothing that is a moment. */
function isNoMoment(lastSequence: number): boolean {
  return lastSequence > 0 && chosen('at') !== NOW && momentIn(lastSequence) !== chosen('at');
}

/** The moment in the address, if it is valid; otherwise now. */
function momentIn(lastSequence: number): string {
  const at = chosen('at');
  const isVersion = /^\d{1,15}$/.test(at) && Number(at) >= 1 && Number(at) <= lastSequence;
  const isInstant = /^\d{4}-\d\d-\d\dT/.test(at) && !Number.isNaN(Date.parse(at)) && at !== notPast.value;
  return isVersion || isInstant ? at : String(lastSequence);
}
