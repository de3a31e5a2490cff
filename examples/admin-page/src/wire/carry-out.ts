import type { Command } from './command.js';
import { detailsOf, type Details } from './details.js';
import { objectOf } from './json.js';
import { send } from './request.js';
import { headersOf, type Scope } from './scope.js';

/** How a command is given. */
export interface CarryOut {
  readonly scope: Scope;
  readonly command: Command;
  /** The header that has the command refused when what the person saw moved on. */
  readonly condition: Readonly<Record<string, string>>;
  /** Why, in the person's words; empty for none. */
  readonly reason: string;
  /** Goes into the events, so that this page knows its own changes when it hears of them. */
  readonly correlationId: string;
}

/** Gives a command, and answers with the details it was answered with. @throws Refused */
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
