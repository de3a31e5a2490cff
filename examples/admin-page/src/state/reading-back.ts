import { isSameDetails, type Details } from '../wire/details.js';
import type { Policy } from '../wire/policy.js';
import { keyOf, type Scope } from '../wire/scope.js';
import { refreshPolicy } from './policies.js';
import type { Wish } from './wish.js';

/** The user's last change in each scope, while it is being read back. */
const readingBack = new Map<string, { readonly details: Details; readonly policy: Promise<Policy | undefined> }>();

/**
 * The policy that the user saw, including their own last change if it is still being read back. Their own change is not
 * a conflict; a change by somebody else is.
 */
export async function seenWithOwn({ scope, seen }: Wish): Promise<Policy> {
  const own = readingBack.get(keyOf(scope));
  const read = await own?.policy;
  return own !== undefined && read !== undefined && isSameDetails(read.details, own.details) ? read : seen;
}

/** Reads a policy back after the user's own change. */
export async function readBack(scope: Scope, details: Details): Promise<Policy | undefined> {
  const policy = refreshPolicy(scope);
  const own = { details, policy: policy.catch(() => undefined) };
  readingBack.set(keyOf(scope), own);
  try {
    return await policy;
  } finally {
    if (readingBack.get(keyOf(scope)) === own) readingBack.delete(keyOf(scope));
  }
}
