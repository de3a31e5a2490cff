import { commandData } from '../wire/command-data.js';
import type { JsonObject } from '../wire/json.js';
import { readChangeForYou } from '../wire/preview.js';
import { readPolicy } from '../wire/reads.js';
import { INSTANCE, isSameScope, organization, type Scope } from '../wire/scope.js';
import { readSession } from '../wire/session.js';
import { isReached, type Task } from '../wire/task.js';
import { signedIn } from './session.js';

/** The policy that the signed-in user meets. */
export interface OwnPolicy {
  readonly scope: Scope;
  /** Empty for a user of the instance. */
  readonly organizationId: string;
}

/** The policy that the signed-in user meets: their organization's own, or the default. */
async function ownPolicy(): Promise<OwnPolicy> {
  const organizationId = signedIn()?.organizationId ?? '';
  if (organizationId === '') return { scope: INSTANCE, organizationId };
  const own = organization(organizationId);
  const isCustom = (await readPolicy(own))?.isDefault === false;
  return { scope: isCustom ? own : INSTANCE, organizationId };
}

/** What the signed-in user has to sign in with. It is read anew, because they may have added a passkey since. */
async function ownSetUp(): Promise<JsonObject | undefined> {
  return (await readSession().catch(() => undefined))?.has;
}

/**
 * What the signed-in user has to sign in with, if they meet this policy; `undefined` if not, or if that can't be read
 * now.
 */
export async function setUpUnder(scope: Scope): Promise<JsonObject | undefined> {
  const own = await ownPolicy().catch(() => undefined);
  return own !== undefined && isSameScope(own.scope, scope) ? ownSetUp() : undefined;
}

/** What a rollout means for the signed-in user; `undefined` if it does not reach them. */
export function changeForYou({ deed, reach }: Task): Promise<string | undefined> {
  return changeByCommand(({ scope, organizationId }) =>
    isReached(reach, scope.of === 'instance' ? '' : organizationId) ? commandData(deed) : undefined,
  );
}

/** What a command means for the signed-in user: the one on the policy that they meet, if there is one. */
export async function changeByCommand(
  commandOn: (own: OwnPolicy) => JsonObject | undefined,
): Promise<string | undefined> {
  try {
    const own = await ownPolicy();
    const command = commandOn(own);
    const you = command && (await ownSetUp());
    return command && you && (await readChangeForYou(own.scope, command, you));
  } catch {
    // Where the command does nothing to the user's policy, it is refused.
    return undefined;
  }
}
