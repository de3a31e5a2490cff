import { choose, chosen } from './route.js';

const NAME = 'organizations';
/** The most organizations of a selection, because it must fit into an address. */
export const MOST_SELECTED = 100;
const LONGEST = 6_000;

/** The selected organizations. They are in the address, so that Back restores them. */
export function selectedIds(): readonly string[] {
  return chosen(NAME)
    .split(',')
    .filter((one) => one !== '')
    .map(decoded);
}

/** Whether the selection is full. */
export function isSelectionFull(): boolean {
  return selectedIds().length >= MOST_SELECTED || chosen(NAME).length >= LONGEST;
}

/** Selects organizations, or deselects them. */
export function select(ids: readonly string[], isSelected: boolean): void {
  const others = selectedIds().filter((id) => !ids.includes(id));
  choose({ [NAME]: selectionText([...others, ...(isSelected ? ids : [])].slice(0, MOST_SELECTED)) });
}

/** A selection as text for the address. */
export function selectionText(ids: readonly string[]): string {
  return ids.map(encodeURIComponent).join(',');
}

/** A decoded id; unchanged if the address is malformed. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
