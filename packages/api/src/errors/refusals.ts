import { hintFor } from '@login-policy/event-sourcing';
import { ApiError } from './api-error.js';

/** The token is missing or invalid: the caller is unknown. */
export function unauthenticated(): ApiError {
  return new ApiError({
    code: 'unauthenticated',
    id: 'LP-AUTH-01',
    sentence: 'A valid bearer token is needed in the Authorization header.',
    headers: { 'www-authenticate': 'Bearer realm="login-policy"' },
  });
}

/** The caller is known, but may not do this here. */
export function permissionDenied(permission: string): ApiError {
  return new ApiError({
    code: 'permissionDenied',
    id: 'LP-AUTH-02',
    sentence: `This needs the permission ${permission}, which the caller does not have here.`,
  });
}

/** The keys to verify the token are not available at the moment. A refusal that says so already stays as it is. */
export function keysUnavailable(cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  return new ApiError(
    { code: 'unavailable', id: 'LP-AUTH-05', sentence: "Tokens can't be checked at the moment. Try again later." },
    cause,
  );
}

/** The organization in `x-zitadel-orgid` does not exist in this instance. */
export function unknownOrganization(): ApiError {
  return new ApiError({
    code: 'permissionDenied',
    id: 'LP-AUTH-03',
    sentence: 'There is no such organization in this instance, or it is not open to the caller.',
  });
}

/** The request names no organization, and the caller has none. */
export function noOrganization(): ApiError {
  return new ApiError({
    code: 'permissionDenied',
    id: 'LP-AUTH-04',
    sentence: 'The caller belongs to no organization: name one in the header x-zitadel-orgid.',
  });
}

/** The request is for an instance that is not served here. */
export function unknownInstance(): ApiError {
  return new ApiError({ code: 'notFound', id: 'LP-HTTP-01', sentence: 'No instance is served under this address.' });
}

/** No route has this path. */
export function noSuchRoute(): ApiError {
  return new ApiError({ code: 'notFound', id: 'LP-HTTP-02', sentence: 'There is nothing at this path.' });
}

/** The path exists, but not with this verb. */
export function wrongVerb(allowed: readonly string[]): ApiError {
  return new ApiError({
    code: 'unimplemented',
    httpStatus: 405,
    id: 'LP-HTTP-03',
    sentence: `This path takes ${allowed.join(', ')} only.`,
    headers: { allow: allowed.join(', ') },
  });
}

/** The body is too large. */
export function tooLarge(limit: number): ApiError {
  return new ApiError({
    code: 'resourceExhausted',
    httpStatus: 413,
    id: 'LP-HTTP-04',
    sentence: `The body is larger than ${limit} bytes.`,
    headers: { connection: 'close' },
  });
}

/** The body did not arrive in time. */
export function tooSlow(): ApiError {
  return new ApiError({
    code: 'deadlineExceeded',
    httpStatus: 408,
    id: 'LP-HTTP-05',
    sentence: 'The body did not arrive in time.',
    headers: { connection: 'close' },
  });
}

/** The client disconnected before its answer. */
export function cutOff(): ApiError {
  return new ApiError({ code: 'canceled', id: 'LP-HTTP-06', sentence: 'The request ended before it was complete.' });
}

/** The body or a parameter is malformed. */
export function unreadable(problem: string): ApiError {
  return new ApiError({ code: 'invalidArgument', id: 'LP-ARG-01', sentence: problem });
}

const LONGEST_SHOWN = 60;

/** A body names a field that its request does not have. */
export function unknownName(path: string, name: string, names: readonly string[]): ApiError {
  const problem = `${path}${name.slice(0, LONGEST_SHOWN)} is not a field of this request.`;
  return unreadable(`${problem} ${hintFor(name, names, '')}`.trimEnd());
}

/** A query has a parameter that its route does not take. */
export function unknownParameter(name: string, names: readonly string[]): ApiError {
  const problem = `${name.slice(0, LONGEST_SHOWN)} is not a parameter of this request.`;
  return unreadable(`${problem} ${hintFor(name, names, '')}`.trimEnd());
}

/** A field breaks a rule of its descriptor. */
export function ruleBroken(field: string, rule: string): ApiError {
  return new ApiError({ code: 'invalidArgument', id: 'LP-ARG-02', sentence: `${field} must be ${rule}.` });
}

/** The login policies were opened without a list of organizations. */
export function noOrganizationList(): ApiError {
  return new ApiError({
    code: 'unimplemented',
    id: 'LP-HTTP-12',
    sentence: 'This server can’t list the organizations of an instance.',
  });
}

/** Sign-ins are read for another caller. */
export function backtestUnderWay(): ApiError {
  return new ApiError({
    code: 'resourceExhausted',
    id: 'LP-BACKTEST-01',
    sentence: 'The recorded sign-ins are being read for somebody else. Try again in a moment.',
  });
}

/** No policy has an event of this rollout. */
export function noSuchRollout(): ApiError {
  return new ApiError({
    code: 'notFound',
    id: 'LP-ROLLOUT-01',
    sentence: 'No policy that is there now, and open to the caller, was changed by a rollout of this id.',
  });
}

/** A header of the API is malformed. */
export function badHeader(header: string, rule: string): ApiError {
  return new ApiError({ code: 'invalidArgument', id: 'LP-ARG-04', sentence: `The header ${header} must be ${rule}.` });
}

/** The entity tag in the condition can't belong to a policy of this path. */
export function foreignTag(): ApiError {
  return new ApiError({
    code: 'aborted',
    httpStatus: 412,
    id: 'LP-COND-03',
    sentence: 'If-Match names no state that this policy has had, so nothing was changed.',
  });
}

/** The method, if it is named, is part of a service that is served here in part: what is about the login policy. */
export function notServed(method = ''): ApiError {
  const isNamed = /^[A-Za-z]{1,60}$/.test(method);
  const who = ` ${method} is not about the login policy. If it is one of ZITADEL's, the IAM around this server answers it: send it there.`;
  return new ApiError({
    code: 'unimplemented',
    id: 'LP-HTTP-07',
    sentence: `This method is not served here.${isNamed ? who : ''}`,
  });
}

/** The login policies were opened without a directory of identity providers. */
export function noDirectory(): ApiError {
  return new ApiError({
    code: 'unimplemented',
    id: 'LP-HTTP-13',
    sentence: 'This server knows only the ids of identity providers, and can’t say which of them are active.',
  });
}

/** The directory of identity providers failed. A fault that it threw is answered as a fault. */
export function directoryAway(cause: unknown): ApiError {
  return new ApiError(
    {
      code: 'unavailable',
      id: 'LP-IDP-04',
      sentence: 'The identity providers can’t be looked up at the moment. Try again later.',
    },
    cause,
  );
}

/** The API was created without an audit log. */
export function noAuditLog(): ApiError {
  return new ApiError({
    code: 'unimplemented',
    id: 'LP-HTTP-14',
    sentence: 'This server keeps no audit log, from which events are searched. The history of each policy has them.',
  });
}

/** The health of a service was requested that is not served here. */
export function noSuchService(): ApiError {
  return new ApiError({ code: 'notFound', id: 'LP-HTTP-08', sentence: 'No such service is served here.' });
}

/** The message has an unsupported compression. */
export function unsupportedCompression(known: readonly string[]): ApiError {
  const names = known.join(',');
  return new ApiError({
    code: 'unimplemented',
    id: 'LP-HTTP-09',
    sentence: `Messages may be compressed only with ${known.join(' or ')}.`,
    headers: { 'accept-encoding': names, 'grpc-accept-encoding': names },
  });
}

/** gRPC ends calls with trailers, which the server around the API does not support. */
export function noTrailers(): ApiError {
  return new ApiError({
    code: 'unimplemented',
    id: 'LP-HTTP-11',
    sentence: 'gRPC needs trailers, which this server does not send. Call by gRPC-Web or Connect.',
  });
}

/** The content type is not one of gRPC, gRPC-Web or Connect. */
export function unknownType(): ApiError {
  return new ApiError({
    code: 'invalidArgument',
    httpStatus: 415,
    id: 'LP-HTTP-10',
    sentence: 'The Content-Type of a call must be one of gRPC, of gRPC-Web, or of unary Connect.',
  });
}
