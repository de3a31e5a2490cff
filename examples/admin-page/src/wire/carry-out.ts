import type { Command } from './command.js';
import { detailsOf, type Details } from './details.js';
import { objectOf } from './json.js';
import { sendFor } from './request.js';
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

/** The answer to a change. */
export interface Made {
  readonly details: Details;
  /** The entity tag of the policy from then on. */
  readonly tag: string | undefined;
}

/** Sends a command. @throws Refused */
export async function carryOut({ scope, command, condition, reason, correlationId }: CarryOut): Promise<Made> {
  const headers = {
    ...headersOf(scope),
    'x-request-id': correlationId,
    'idempotency-key': correlationId,
    ...condition,
    ...(reason !== '' && { 'login-policy-reason': encodeURIComponent(reason.toWellFormed()) }),
  };
  const { verb, path, request } = command;
  const isBodyless = verb === 'DELETE';
  const { json, tag } = await sendFor({ verb, path, headers, ...(!isBodyless && { body: request }) });
  return { details: detailsOf(objectOf(json, 'the answer')['details']), tag };
}
