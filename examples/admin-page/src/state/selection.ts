import { choose, chosen } from './route.js';

const NAME = 'organizations';
/** An address holds no more, and nobody looks through more. */
const MOST = 100;
const LONGEST = 6_000;

/** The organizations that were selected: they stand in the address, so that Back restores them. */
export function selectedIds(): readonly string[] {
  return chosen(NAME)
    .split(',')
    .filter((one) => one !== '')
    .map(decoded);
}

/** Whether no more can be selected. */
export function isSelectionFull(): boolean {
  return selectedIds().length >= MOST || chosen(NAME).length >= LONGEST;
}

/** Selects organizations, or takes them out of the selection. */
export function select(ids: readonly string[], isSelected: boolean): void {
  const others = selectedIds().filter((id) => !ids.includes(id));
  choose({ [NAME]: selectionText([...others, ...(isSelected ? ids : [])].slice(0, MOST)) });
}

/** A selection as an address has it. */
export function selectionText(ids: readonly string[]): string {
  return ids.map(encodeURIComponent).join(',');
}

/** As it stands, where somebody cut the address off in the middle. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
