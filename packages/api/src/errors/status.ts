import type { Rejected, Rejection } from '@login-policy/domain';
import { describeRejection } from '@login-policy/domain/model';
import { isFault, type Fault } from '@login-policy/event-sourcing';
import { ApiError, type ApiErrorContent, type CodeName } from './api-error.js';

/**
 * The answer to removing an item that is not on the policy: as documented (`page`, 400 with code 9), or as ZITADEL's
 * server does (`zitadel`, 404 with code 5).
 */
export type AbsentAnswer = 'page' | 'zitadel';

/** A refusal of the domain as an answer of every protocol (docs/reference/rejections-and-faults.md). */
export function fromRejected({ rejection, message }: Rejected, absent: AbsentAnswer): ApiError {
  return new ApiError({ ...statusOf(rejection, absent), sentence: sentenceOf(rejection, message) });
}

/**
 * The same in the names of the library, for a command given as data. For refused input, a detail names the field.
 */
export function fromRejectedCommand({ rejection, message }: Rejected, absent: AbsentAnswer): ApiError {
  const field = rejection.reason === 'invalid-argument' ? [{ id: 'field', message: rejection.field }] : [];
  const { more = [], ...status } = statusOf(rejection, absent);
  return new ApiError({ ...status, sentence: withoutKey(rejection, message), more: [...more, ...field] });
}

function statusOf(rejection: Rejection, absent: AbsentAnswer): Omit<ApiErrorContent, 'sentence'> {
  const absentCode: CodeName = absent === 'page' ? 'failedPrecondition' : 'notFound';
  switch (rejection.reason) {
    case 'invalid-argument':
      return { code: 'invalidArgument', id: 'LP-ARG-03' };
    case 'policy-not-found':
      return { code: 'notFound', id: 'LP-POLICY-01' };
    case 'default-policy-not-found':
      return { code: 'failedPrecondition', id: 'LP-POLICY-03' };
    case 'would-lock-out': {
      const more = rejection.warnings.map(({ warning: id, message }) => ({ id, message }));
      return { code: 'failedPrecondition', id: 'LP-POLICY-04', more };
    }
    case 'policy-already-exists':
      return { code: 'alreadyExists', id: 'LP-POLICY-02' };
    case 'factor-not-on-policy':
      return { code: absentCode, id: 'LP-FACTOR-01' };
    case 'factor-already-exists':
      return { code: 'alreadyExists', id: 'LP-FACTOR-02' };
    case 'identity-provider-not-on-policy':
      return { code: absentCode, id: 'LP-IDP-01' };
    case 'identity-provider-already-exists':
      return { code: 'alreadyExists', id: 'LP-IDP-02' };
    case 'identity-provider-not-found':
      return { code: 'failedPrecondition', id: 'LP-IDP-03' };
    case 'sequence-not-current':
      return { code: 'aborted', id: 'LP-COND-01', httpStatus: 412 };
    case 'event-not-current':
      return { code: 'aborted', id: 'LP-COND-04', httpStatus: 412 };
    case 'changed-since':
      return { code: 'aborted', id: 'LP-COND-06' };
    case 'idempotency-key-reused':
      return { code: 'aborted', id: 'LP-COND-02' };
  }
}

/** The API's names of fields and options. */
const NAMES: Readonly<Record<string, string>> = {
  'options.correlationId': 'x-request-id',
  'options.reason': 'login-policy-reason',
  'options.acknowledge': 'login-policy-acknowledge',
  'options.ifSeen': 'login-policy-if-seen',
  'options.asOf.sequence': 'asOf',
  'options.asOf.instant': 'asOf',
  'span.from.sequence': 'from',
  'span.from.instant': 'from',
  'span.to.sequence': 'to',
  'span.to.instant': 'to',
  'to.sequence': 'to',
  'to.instant': 'to',
  'options.fromSequence': 'fromSequence',
  'options.limit': 'limit',
  'options.after': 'after',
  'options.id': 'id',
  'options.allowing': 'allowing',
  'options.linking': 'linking',
  'options.warned': 'warned',
  identityProvider: 'idpId',
  'identityProvider.id': 'idpId',
  id: 'idpId',
  factor: 'type',
};

const LIFETIME = /^settings\.lifetimes\.(\w+)$/;
/** The domain's message mentions classes that callers of the API do not have. */
const A_LIFETIME = 'a duration of 0 to 36,500 days in whole milliseconds';

function sentenceOf(rejection: Rejection, message: string): string {
  if (rejection.reason !== 'invalid-argument') return withoutKey(rejection, message);
  const { expected, field, problem, received } = rejection;
  const isSameName = apiFieldOf(field) === field;
  return describeRejection({
    reason: 'invalid-argument',
    field: apiFieldOf(field),
    // The domain's message uses the domain's field names.
    ...(isSameName && problem !== undefined && { problem }),
    expected: LIFETIME.test(field) ? A_LIFETIME : expected,
    received,
  });
}

/** Replaces the key in the message: the recorded key includes the caller's id, which callers do not know. */
function withoutKey({ reason }: Rejection, message: string): string {
  if (reason !== 'idempotency-key-reused') return message;
  return message.replace(/^The idempotency key "[^"]*"/, 'The Idempotency-Key of this request');
}

function apiFieldOf(field: string): string {
  const lifetime = LIFETIME.exec(field)?.[1];
  if (lifetime !== undefined) return `${lifetime}Lifetime`;
  return NAMES[field] ?? field.replace(/^settings\./, '').replace(/^identityProviders/, 'idps');
}

const CHANGED_MEANWHILE: ApiErrorContent = {
  code: 'aborted',
  id: 'LP-STORE-01',
  sentence: 'Others kept changing the policy meanwhile, so nothing was changed. Try again.',
};
const DEADLINE_PASSED: ApiErrorContent = {
  code: 'deadlineExceeded',
  id: 'LP-STORE-02',
  sentence: 'The time for this request was up. It changed nothing after what it has answered.',
};
/** This gRPC code means that the change may have been made, which is the case here. */
const OUTCOME_UNKNOWN: ApiErrorContent = {
  code: 'deadlineExceeded',
  id: 'LP-STORE-03',
  sentence: 'Whether the change was made is not known. Repeat it with the same Idempotency-Key.',
};
const NOT_AVAILABLE: ApiErrorContent = {
  code: 'unavailable',
  id: 'LP-STORE-04',
  sentence: 'The login policies are not available at the moment. Try again later.',
};
const POSITION_UNKNOWN: ApiErrorContent = {
  code: 'failedPrecondition',
  id: 'LP-STORE-05',
  sentence: 'The position asked for is not one of this service: nothing was written there.',
};
const UNEXPECTED: ApiErrorContent = {
  code: 'internal',
  id: 'LP-500',
  sentence: 'Something unexpected went wrong. The operator can find it under the id of this request.',
};

const FAULTS: Readonly<Record<Fault['code'], ApiErrorContent>> = {
  'revision-conflict': CHANGED_MEANWHILE,
  'other-stream-changed': CHANGED_MEANWHILE,
  'concurrent-change': CHANGED_MEANWHILE,
  'checkpoint-conflict': CHANGED_MEANWHILE,
  'receipt-exists': CHANGED_MEANWHILE,
  'deadline-exceeded': DEADLINE_PASSED,
  'outcome-unknown': OUTCOME_UNKNOWN,
  'written-unseen': OUTCOME_UNKNOWN,
  'store-unavailable': NOT_AVAILABLE,
  'store-closed': NOT_AVAILABLE,
  'store-full': NOT_AVAILABLE,
  'projection-behind': NOT_AVAILABLE,
  'projection-stopped': NOT_AVAILABLE,
  'rebuild-superseded': NOT_AVAILABLE,
  'position-unknown': POSITION_UNKNOWN,
  'store-damaged': UNEXPECTED,
  'store-foreign': UNEXPECTED,
  'driver-unusable': UNEXPECTED,
  'unserialisable-data': UNEXPECTED,
  'unreadable-event': UNEXPECTED,
  'written-by-newer-program': UNEXPECTED,
};

/** The caller's deadline passed before the answer. */
export function deadlinePassed(): ApiError {
  return new ApiError(DEADLINE_PASSED);
}

/** Converts any thrown error into an answer without internal details. The cause is kept for the log. */
export function fromThrown(caught: unknown): ApiError {
  if (caught instanceof ApiError) return caught;
  // An unknown position is the caller's mistake. It is not logged, because any stranger can cause it.
  if (isFault(caught, 'position-unknown')) return new ApiError(POSITION_UNKNOWN);
  return new ApiError(isFault(caught) ? FAULTS[caught.code] : UNEXPECTED, caught);
}
