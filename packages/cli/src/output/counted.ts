import type { PolicyCount } from '@login-policy/domain';

/** A number with its noun: 1 event, 2 events. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** A number of policies. */
export function policiesText(count: number): string {
  return counted(count, 'policy', 'policies');
}

/** How many custom policies still allow what was removed. */
export function stillAllowingText(count: PolicyCount | 'unknown'): string {
  if (count === 'unknown') return 'It is not known how many custom policies still allow it.';
  if (count === 'more-than-10000') return `${countText(count)} custom policies still allow it.`;
  return `${counted(count, 'custom policy still allows', 'custom policies still allow')} it.`;
}

/** A number of custom policies as people read it. */
export function countText(count: PolicyCount): string {
  return count === 'more-than-10000' ? 'More than 10,000' : String(count);
}
