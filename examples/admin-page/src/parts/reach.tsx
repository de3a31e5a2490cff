import type { JSX } from 'preact';
import { organizations } from '../state/organizations.js';
import { counted, listed } from '../words/counted.js';

/** Whom the default policy holds for, and whom it does not reach. */
export function Reach(): JSX.Element {
  const all = organizations.value ?? [];
  const custom = all.filter(({ isCustom }) => isCustom).map(({ name }) => name);
  const onDefault = all.filter(({ isCustom }) => !isCustom).map(({ name }) => name);
  return (
    <p class="lead">
      It holds for every organization without a custom policy
      {onDefault.length > 0 && (
        <>
          : <strong>{counted(onDefault.length, 'organization')}</strong>, {listed(onDefault)}
        </>
      )}
      .{custom.length > 0 && ` It does not reach ${listed(custom)}.`}
    </p>
  );
}
