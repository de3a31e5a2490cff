import type { JSX } from 'preact';
import { useSignal } from '@preact/signals';
import { learn, organizationName, pageOf, refreshPage } from '../state/organizations.js';
import { addressOf } from '../state/route.js';
import { together } from '../state/unread.js';
import type { Intent } from '../wire/command.js';
import { commandData } from '../wire/command-data.js';
import type { OrganizationQuery } from '../wire/organizations.js';
import type { Preview } from '../wire/preview.js';
import type { Scope } from '../wire/scope.js';
import { counted, listed } from '../words/counted.js';
import { CheckLink } from './check-link.js';
import { OrganizationSearch } from './organization-search.js';
import { TryAgain } from './try-again.js';
import { useLoaded } from './use-loaded.js';
import { WhoIsAffected } from './who-is-affected.js';
import { YesterdaySection, type LookedBack } from './yesterday.js';

const FEW = 5;
const ON_DEFAULT: OrganizationQuery = { policy: 'default' };

/** A change with its preview. */
export interface EffectOnProps {
  readonly scope: Scope;
  readonly intent: Intent;
  readonly preview: Preview;
  readonly lookedBack: LookedBack;
}

/** The organizations and users that a change affects, and the policies it does not reach. */
export function EffectOn({ scope, intent, preview, lookedBack }: EffectOnProps): JSX.Element {
  return (
    <>
      <ul class="effect">
        {scope.of === 'organization' ? (
          <li>The users of {organizationName(scope.organizationId)}, and nobody else.</li>
        ) : (
          <EffectOfDefault intent={intent} preview={preview} />
        )}
      </ul>
      <WhoIsAffected people={preview.people} you={preview.you} />
      {preview.people !== undefined && (
        <>
          <YesterdaySection {...lookedBack} />
          <CheckLink scope={scope} command={commandData(intent)} />
        </>
      )}
    </>
  );
}

type EffectOfDefaultProps = Pick<EffectOnProps, 'intent' | 'preview'>;

function EffectOfDefault({
  intent,
  preview: { affectedCount: count, affectedIds },
}: EffectOfDefaultProps): JSX.Element {
  const few = affectedIds.slice(0, FEW);
  const custom = customWith(intent);
  const loading = useLoaded(few.join(' '), () => together([learn(few), refreshPage(custom)]));
  const page = pageOf(custom);
  return (
    <>
      <li>
        {count === undefined ? (
          'Every organization without a custom policy.'
        ) : (
          <Affected names={few.map(organizationName)} count={count} />
        )}
      </li>
      {page !== undefined && page.counts.custom > 0 && (
        <li class="soft">
          {intent.wish === 'remove-factor' ? (
            <StillAllowing count={page.total} factor={intent.factor.name} of={page.counts.custom} />
          ) : (
            <>Not affected: {counted(page.counts.custom, 'organization')} with a custom policy: </>
          )}
          {page.total > 0 &&
            `${listed(
              page.organizations.map(({ name }) => name),
              page.total,
            )}.`}
        </li>
      )}
      <TryAgain what="Who is out of its reach" loading={loading} />
    </>
  );
}

/** The query for the unaffected custom policies: when a factor is removed, those that still allow it. */
function customWith(intent: Intent): OrganizationQuery {
  const allowing = intent.wish === 'remove-factor' ? { allowing: intent.factor.name } : {};
  return { policy: 'custom', limit: FEW, ...allowing };
}

interface StillAllowingProps {
  readonly count: number;
  readonly factor: string;
  readonly of: number;
}

function StillAllowing({ count, factor, of }: StillAllowingProps): JSX.Element {
  if (count === 0)
    return <>Not affected: {counted(of, 'organization')} with a custom policy, none of which allows it.</>;
  const query = { policy: 'custom', allowing: factor };
  return (
    <>
      Not affected, and{' '}
      <a href={addressOf({ view: 'organizations', query })}>{counted(count, 'organization')} still allow it</a> by a
      custom policy:{' '}
    </>
  );
}

function Affected({ names, count }: { readonly names: readonly string[]; readonly count: number }): JSX.Element {
  const isOpen = useSignal(false);
  if (count === 0) return <>No organization: all of them have a custom policy.</>;
  return (
    <>
      <strong>{counted(count, 'organization')} on the default policy</strong>: {listed(names, count)}.
      {count > FEW && (
        <details
          onToggle={({ currentTarget }) => {
            isOpen.value = currentTarget.open;
          }}
        >
          <summary>Find one of them</summary>
          {isOpen.value && <OrganizationSearch label="Name or id of an affected organization" among={ON_DEFAULT} />}
        </details>
      )}
    </>
  );
}
