import { listOf, objectOf } from './json.js';
import { policyAnswerOf, type Policy } from './policy.js';
import { policyChangeOf, type PolicyChange } from './policy-change.js';
import { Refused } from './failure.js';
import { orAbsent, send, sendFor } from './request.js';
import { headersOf, pathOf, type Scope } from './scope.js';
import { forgetSeen, noLessThanSeen } from './seen.js';

/** A moment of a policy: a sequence of its stream, or an instant in ISO 8601 with its offset. */
export type Moment = string;

/** The options of a read. */
export interface ReadOptions {
  readonly asOf?: Moment;
  readonly signal?: AbortSignal;
}

/** The default policy, or an organization's effective policy; `undefined` if there was none. */
export async function readPolicy(scope: Scope, { asOf, signal }: ReadOptions = {}): Promise<Policy | undefined> {
  const query = asOf === undefined ? '' : `?${new URLSearchParams({ asOf })}`;
  const ask = (headers: Readonly<Record<string, string>>): ReturnType<typeof sendFor> =>
    sendFor({
      verb: 'GET',
      path: `${pathOf(scope)}${query}`,
      headers: { ...headersOf(scope), ...headers },
      ...(signal !== undefined && { signal }),
    });
  const answer = await orAbsent(ask(noLessThanSeen()).catch(orFromStoreThatIsThere(ask)));
  return answer === undefined ? undefined : policyAnswerOf(answer.json, answer.seen);
}

/** A store that lacks a known position was restored to an earlier state. Its current state is then the truth. */
function orFromStoreThatIsThere<Answer>(
  ask: (headers: Readonly<Record<string, string>>) => Promise<Answer>,
): (caught: unknown) => Promise<Answer> {
  return (caught) => {
    if (!(caught instanceof Refused && caught.id === 'LP-STORE-05')) throw caught;
    forgetSeen();
    return ask({});
  };
}

/** The changes of the effective policy from a moment to another, or to now. */
export async function readDiff(
  scope: Scope,
  { from, to }: { readonly from: Moment; readonly to?: Moment },
  signal?: AbortSignal,
): Promise<readonly PolicyChange[]> {
  const query = new URLSearchParams({ from, ...(to !== undefined && { to }) });
  const path = `${pathOf(scope)}/diff?${query}`;
  const answer = await send({ verb: 'GET', path, headers: headersOf(scope), ...(signal !== undefined && { signal }) });
  return listOf(objectOf(answer, 'the diff')['changes'], 'changes', policyChangeOf);
}
