import type { JSX } from 'preact';
import { addressOf, chosen } from '../state/route.js';
import { isSelectionFull, select, selectedIds, selectionText } from '../state/selection.js';
import { mayWrite } from '../state/session.js';
import { MULTI_FACTORS, SECOND_FACTORS } from '../wire/factors.js';
import { INSTANCE } from '../wire/scope.js';
import { counted } from '../words/counted.js';

/** The actions for the selected organizations, or for all that still allow a factor. */
export function SelectionBar(): JSX.Element | null {
  const ids = selectedIds();
  if (!mayWrite(INSTANCE)) return null;
  if (ids.length === 0) return <StillAllowing />;
  const begun = { deed: chosen('deed'), given: chosen('given') };
  const query = { for: 'chosen', organizations: selectionText(ids), factor: chosen('allowing'), ...begun };
  return (
    <div class="selection" role="group" aria-label="Selected organizations">
      <p role="status">
        <strong>{counted(ids.length, 'organization')} selected.</strong>{' '}
        {isSelectionFull() && 'No more can be selected.'}
      </p>
      <a class="button button-small button-primary" href={addressOf({ view: 'rollout', query: withoutEmpty(query) })}>
        Change them together
      </a>
      <button
        type="button"
        class="button button-small"
        onClick={() => {
          select(ids, false);
          document.querySelector('h1')?.focus();
        }}
      >
        Clear
      </button>
    </div>
  );
}

/** Finds policies that still allow a factor, as needed after a security advisory. */
function StillAllowing(): JSX.Element | null {
  const factor = [...MULTI_FACTORS, ...SECOND_FACTORS].find(({ name }) => name === chosen('allowing'));
  if (factor === undefined) return null;
  const query = { factor: factor.name, for: chosen('policy') === 'custom' ? 'custom' : '' };
  return (
    <p class="selection">
      <a href={addressOf({ view: 'rollout', query: withoutEmpty(query) })}>
        Remove {factor.label} from all {chosen('policy') === 'custom' ? 'custom policies' : 'policies'} that still allow
        it
      </a>
    </p>
  );
}

function withoutEmpty(query: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''));
}
