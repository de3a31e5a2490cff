import type { Details, HistoryEntry, PolicyChange } from '@login-policy/domain';
import { detailsToJson } from '@login-policy/domain/model';

/** Prints a line. */
export type Print = (line: string) => void;

/** Prints a heading with some air above it. */
export function heading(print: Print, text: string): void {
  print('');
  print(text);
}

/** Prints details as the API answers them. */
export function printDetails(print: Print, label: string, details: Details): void {
  const { sequence, creationDate, changeDate, resourceOwner } = detailsToJson(details);
  print(`  ${label}`);
  print(`    sequence       ${sequence}`);
  print(`    creationDate   ${creationDate}`);
  print(`    changeDate     ${changeDate}`);
  print(`    resourceOwner  ${resourceOwner}`);
}

/** Prints one event of a history: place, time, who, what, why. */
export function printEntry(print: Print, entry: HistoryEntry): void {
  const why = entry.reason === undefined ? '' : `: "${entry.reason}"`;
  const changes = entry.changes.length > 3 ? [`${entry.changes.length} values set`] : entry.changes.map(describeChange);
  print(`  ${String(entry.sequence).padStart(3)}  ${entry.recordedAt.toISO()}  ${entry.type} by ${entry.actor}${why}`);
  print(`       ${changes.join('; ')}`);
}

function describeChange(change: PolicyChange): string {
  switch (change.what) {
    case 'policy':
      return `the policy was ${change.step}`;
    case 'setting':
      return `${change.setting}: ${change.before} → ${change.after}`;
    case 'second-factor':
    case 'multi-factor':
      return `${change.what} ${change.factor} was ${change.step}`;
    case 'identity-provider':
      return `identity provider ${change.identityProvider.id} was ${change.step}`;
  }
}

/** A list as a sentence has it. */
export function listed(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
