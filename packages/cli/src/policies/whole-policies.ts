import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { printable } from '../output/printable.js';
import type { PolicyJson, WholePoliciesJson } from '../session/answers.js';
import type { Session } from '../session/session.js';

/** All custom policies, in the order of the list. @throws Failure for an unreadable one. */
export async function* wholePolicies(
  { policies }: Pick<Session, 'policies'>,
  signal: AbortSignal,
): AsyncGenerator<PolicyJson, void, undefined> {
  let next: { readonly after?: string } | undefined = {};
  while (next !== undefined) {
    signal.throwIfAborted();
    const page: WholePoliciesJson = await policies.wholePolicies(next.after);
    const [first] = page.unreadable;
    if (first !== undefined)
      throw new Failure(
        EXIT.store,
        `The custom policy of ${printable(first.owner.organizationId ?? '')} can't be read: ${printable(first.message)}. Run login-policy verify for details.`,
      );
    yield* page.policies;
    next = page.next === undefined ? undefined : { after: page.next };
  }
}
