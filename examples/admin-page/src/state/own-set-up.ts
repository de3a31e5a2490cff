import type { JsonObject } from '../wire/json.js';
import { INSTANCE, isSameScope, organization, type Scope } from '../wire/scope.js';
import { readSession } from '../wire/session.js';
import { signedIn } from './session.js';

/**
 * What the signed-in user has to sign in with, if this is the policy of their owner; `undefined` if not, or if that
 * can't be read now. It is read anew, because they may have added a passkey since.
 */
export async function ownSetUp(scope: Scope): Promise<JsonObject | undefined> {
  const id = signedIn()?.organizationId;
  if (!isSameScope(id === undefined ? INSTANCE : organization(id), scope)) return undefined;
  return (await readSession().catch(() => undefined))?.has;
}
