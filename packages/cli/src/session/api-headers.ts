import type { Acknowledgement } from '@login-policy/domain';
import type { ExecuteOptions } from './policies.js';

/** A query of what has a value. */
export function queryOf(parameters: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** The header of acknowledged warnings. */
export function acknowledgeHeader(acknowledge: readonly Acknowledgement[]): Readonly<Record<string, string>> {
  const names = acknowledge.map((one) => (typeof one === 'object' ? `users-locked-out=${one.lockedOut}` : one));
  return names.length === 0 ? {} : { 'login-policy-acknowledge': names.join(', ') };
}

/** The header of a reason. */
export function reasonHeader({ reason }: ExecuteOptions['by']): Readonly<Record<string, string>> {
  return reason === undefined ? {} : { 'login-policy-reason': encodeURIComponent(reason) };
}
