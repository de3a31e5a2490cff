import type { JSX } from 'preact';
import { addressOf, type Query } from '../state/route.js';
import type { OrganizationPage } from '../wire/organizations.js';
import type { ReadModelState } from '../wire/read-model.js';
import { counted } from '../words/counted.js';

/** Shorter lags are the ordinary delay of a read model that follows. */
const BEHIND_SECONDS = 5;

interface NeedsAttentionProps extends Pick<OrganizationPage, 'counts'> {
  /** `undefined` where that is not known. */
  readonly readModel: ReadModelState | undefined;
}

/** The organizations that need attention, and how many have a policy of their own. */
export function NeedsAttention({ counts, readModel }: NeedsAttentionProps): JSX.Element {
  const { all, attention, custom, unreadable, weaker } = counts;
  const lockingOut = attention - unreadable;
  const behind = readModel !== undefined && isBehind(readModel);
  return (
    <ul class="effect">
      {attention === 0 && weaker === 0 && !behind && (
        <li>No policy locks users out, and none is weaker than the default.</li>
      )}
      {behind && <li class="warning-line">{behindInWords(readModel)}</li>}
      {lockingOut > 0 && (
        <Counted query={{ attention: 'yes' }}>
          {counted(lockingOut, 'organization')} with a policy that locks users out
        </Counted>
      )}
      {unreadable > 0 && (
        <Counted query={{ attention: 'yes' }}>
          {counted(unreadable, 'organization')} with a policy that can’t be read
        </Counted>
      )}
      {weaker > 0 && (
        <Counted query={{ weaker: 'yes' }}>
          {counted(weaker, 'organization')} with a weaker way in than the default
        </Counted>
      )}
      <li class="soft">
        <a href={addressOf({ view: 'organizations', query: { policy: 'custom' } })}>
          {counted(custom, 'custom policy', 'custom policies')}
        </a>{' '}
        among <a href={addressOf({ view: 'organizations' })}>{counted(all, 'organization')}</a>.
      </li>
    </ul>
  );
}

function isBehind({ state, seconds }: ReadModelState): boolean {
  return state !== 'following' || seconds >= BEHIND_SECONDS;
}

function behindInWords({ events, seconds, state }: ReadModelState): string {
  const lag = events === 0 ? '' : `, ${counted(events, 'event')} and ${counted(Math.round(seconds), 'second')} behind`;
  const how = state === 'stopped' ? 'stands still' : 'catches up';
  return `The read model ${how}${lag}: lists and numbers may be older than the policies in force.`;
}

interface CountedProps {
  readonly query: Query;
  readonly children: JSX.Element | string | readonly (JSX.Element | string)[];
}

function Counted({ query, children }: CountedProps): JSX.Element {
  return (
    <li class="warning-line">
      <a href={addressOf({ view: 'organizations', query })}>{children}</a>
    </li>
  );
}
