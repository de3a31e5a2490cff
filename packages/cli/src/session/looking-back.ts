import {
  type CommandInput,
  type InstanceRef,
  type LoginPolicies,
  type OwnerRef,
  RejectedError,
} from '@login-policy/domain';
import {
  backtest,
  policiesAfter,
  policiesThen,
  type Backtest,
  type ProposedChange,
  type RecordSource,
} from '@login-policy/domain/backtest';
import type { RolloutCommand } from '@login-policy/domain/rollout';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import { withMembers } from './answers.js';
import type { ApiClient } from './api-client.js';
import type { PolicyRef } from './policy-ref.js';
import { accepted } from './accepted.js';

/** The change to look back with: the steps of a plan, or one command for all policies. */
export type ChangeToTry =
  | { readonly steps: readonly { readonly ref: PolicyRef; readonly command: CommandInput }[] }
  | { readonly everywhere: RolloutCommand };

/** What to look back at, and with what. */
export interface LookingBack {
  readonly change: ChangeToTry;
  /** `undefined`: those that the server has recorded. */
  readonly signIns: readonly RecordSource[] | undefined;
  readonly since: Date | undefined;
  readonly until: Date | undefined;
  readonly signal: AbortSignal;
}

/** Looks back with the policies of a store. @throws Refused for a change that would be refused. */
export async function lookBackInStore(
  policies: LoginPolicies,
  instance: InstanceRef,
  { change, signal, signIns, since, until }: LookingBack,
): Promise<Backtest> {
  if (signIns === undefined) throw new Failure(EXIT.usage, 'Give the recorded sign-ins: --sign-ins FILE.');
  const ownerOf = (ref: PolicyRef): OwnerRef => (ref === undefined ? instance : { ...instance, organizationId: ref });
  const proposed: ProposedChange =
    'everywhere' in change
      ? change
      : { steps: change.steps.map(({ command, ref }) => ({ owner: ownerOf(ref), command })) };
  try {
    return await backtest(signIns, {
      from: policiesThen(policies),
      to: policiesAfter(policies, proposed),
      owner: instance,
      signal,
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
    });
  } catch (caught) {
    if (!(caught instanceof RejectedError)) throw caught;
    const { message, rejection } = caught;
    return accepted<Backtest & { readonly outcome: 'found' }>({ outcome: 'rejected', message, rejection });
  }
}

/** Looks back at what a server has recorded. */
export function lookBackOverApi(
  api: ApiClient,
  { change, signal, signIns, since, until }: LookingBack,
): Promise<Backtest> {
  if (signIns !== undefined)
    throw new Failure(EXIT.usage, 'Over the API, the server looks at its own records: leave out --sign-ins.');
  const [step, ...others] = 'steps' in change ? change.steps : [];
  if ('steps' in change && (step === undefined || others.length > 0))
    throw new Failure(EXIT.usage, 'Over the API, give --change. A plan needs direct access to the store: --store URL.');
  const command =
    'everywhere' in change ? { command: change.everywhere, everywhere: true } : { command: step?.command };
  const body = { ...command, ...(since && { since }), ...(until && { until }) };
  const request = { verb: 'POST', route: '_backtest', ref: step?.ref, body, signal } as const;
  return api.json(request, withMembers<Backtest>('signIns', 'effects', 'examples', 'badLines'));
}
