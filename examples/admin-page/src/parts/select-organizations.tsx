import type { JSX } from 'preact';
import { isSelectionFull, select, selectedIds } from '../state/selection.js';
import { mayWrite } from '../state/session.js';
import type { Organization } from '../wire/organizations.js';
import { INSTANCE } from '../wire/scope.js';

/** Selects the organizations on a page that have a custom policy. */
export function SelectAll({ rows }: { readonly rows: readonly Organization[] }): JSX.Element | null {
  if (!mayWrite(INSTANCE)) return null;
  const ids = rows.filter(({ isCustom }) => isCustom).map(({ id }) => id);
  const selected = selectedIds();
  const isAll = ids.length > 0 && ids.every((id) => selected.includes(id));
  return (
    <td class="select">
      {ids.length > 0 && (
        <input
          type="checkbox"
          aria-label="Select all custom policies on this page"
          checked={isAll}
          disabled={!isAll && isSelectionFull()}
          onChange={() => select(ids, !isAll)}
        />
      )}
    </td>
  );
}

/** Selects an organization that has a custom policy. The others follow the default policy. */
export function SelectCell({ one: { id, name, isCustom } }: { readonly one: Organization }): JSX.Element | null {
  if (!mayWrite(INSTANCE)) return null;
  const isSelected = selectedIds().includes(id);
  return (
    <td class="select">
      {isCustom && (
        <input
          type="checkbox"
          aria-label={`Select ${name}`}
          checked={isSelected}
          disabled={!isSelected && isSelectionFull()}
          onChange={() => select([id], !isSelected)}
        />
      )}
    </td>
  );
}
