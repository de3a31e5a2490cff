import type { JSX } from 'preact';
import { organizationName, organizations } from '../state/organizations.js';
import type { Preview } from '../wire/preview.js';
import type { Scope } from '../wire/scope.js';
import { counted, listed } from '../words/counted.js';

/** For which organizations a change counts, and which are out of its reach. */
export function EffectOn({ scope, preview }: { readonly scope: Scope; readonly preview: Preview }): JSX.Element {
  if (scope.of === 'organization') {
    return <p>The users of {organizationName(scope.organizationId)}, and nobody else.</p>;
  }
  return <EffectOfDefault affectedIds={preview.affectedIds} count={preview.affectedCount} />;
}

interface EffectOfDefaultProps {
  readonly affectedIds: readonly string[];
  readonly count: number | undefined;
}

function EffectOfDefault({ affectedIds, count }: EffectOfDefaultProps): JSX.Element {
  const custom = (organizations.value ?? []).filter(({ isCustom }) => isCustom);
  return (
    <ul class="effect">
      <li>
        {count === undefined ? (
          'Every organization without a custom policy.'
        ) : (
          <Affected names={affectedIds.map(organizationName)} count={count} />
        )}
      </li>
      {custom.length > 0 && (
        <li class="soft">
          Not affected, with a custom policy of {custom.length === 1 ? 'its' : 'their'} own:{' '}
          {listed(custom.map(({ name }) => name))}.
        </li>
      )}
    </ul>
  );
}

function Affected({ names, count }: { readonly names: readonly string[]; readonly count: number }): JSX.Element {
  if (count === 0) return <>No organization: all of them have a custom policy.</>;
  return (
    <>
      <strong>{counted(count, 'organization')} on the default policy</strong>: {listed(names, count)}.
    </>
  );
}
