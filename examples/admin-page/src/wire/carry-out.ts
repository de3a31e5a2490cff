import type { Command } from './command.js';
import { detailsOf, type Details } from './details.js';
import { objectOf } from './json.js';
import { send } from './request.js';
import { headersOf, type Scope } from './scope.js';

/** A command, with everything sent along. */
export interface CarryOut {
  readonly scope: Scope;
  readonly command: Command;
  /** The header that makes the server refuse the command if the policy has changed. */
  readonly condition: Readonly<Record<string, string>>;
  /** The user's reason; empty for none. */
  readonly reason: string;
  /** Recorded in the events, so that this page recognizes its own changes. */
  readonly correlationId: string;
}

/** Sends a command, and returns the details of the answer. @throws Refused */
export async function carryOut({ scope, command, condition, reason, correlationId }: CarryOut): Promise<Details> {
  const headers = {
    ...headersOf(scope),
    'x-request-id': correlationId,
    'idempotency-key': correlationId,
    ...condition,
    ...(reason !== '' && { 'login-policy-reason': encodeURIComponent(reason.toWellFormed()) }),
  };
  const { verb, path, request } = command;
  const isBodyless = verb === 'DELETE';
  const answer = await send({ verb, path, headers, ...(!isBodyless && { body: request }) });
  return detailsOf(objectOf(answer, 'the answer')['details']);
}
