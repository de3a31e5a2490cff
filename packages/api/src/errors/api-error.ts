import { acrossCopies } from '@login-policy/event-sourcing';
/** The gRPC status codes of answers (docs/reference/api-errors.md). */
export const CODES = {
  canceled: 1,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** The name of a status code. */
export type CodeName = keyof typeof CODES;

/** A status code of gRPC. */
export type Code = (typeof CODES)[CodeName];

const HTTP_STATUS: Readonly<Record<CodeName, number>> = {
  canceled: 499,
  invalidArgument: 400,
  deadlineExceeded: 504,
  notFound: 404,
  alreadyExists: 409,
  permissionDenied: 403,
  resourceExhausted: 429,
  failedPrecondition: 400,
  aborted: 409,
  unimplemented: 501,
  internal: 500,
  unavailable: 503,
  unauthenticated: 401,
};

/** The HTTP status of a gRPC code. */
export function statusOfCode(code: CodeName): number {
  return HTTP_STATUS[code];
}

/** One detail of an error. */
export interface ErrorDetail {
  readonly id: string;
  readonly message: string;
}

/** The content of an error answer. */
export interface ApiErrorContent {
  readonly code: CodeName;
  /** The stable, unique id, listed in docs/reference/api-errors.md. */
  readonly id: string;
  /** A sentence for people, without the id. */
  readonly sentence: string;
  /** The HTTP status, if it is not the code's usual one. */
  readonly httpStatus?: number;
  /** Further details, each a `zitadel.v1.ErrorDetail` after the first. */
  readonly more?: readonly ErrorDetail[];
  /** Headers of the answer that belong to the refusal: `www-authenticate`, `allow`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The only class of error answers, the same in every protocol. Its message contains nothing internal. */
export class ApiError extends Error {
  readonly code: Code;
  readonly codeName: CodeName;
  readonly id: string;
  readonly sentence: string;
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The refusal itself, followed by further details. */
  readonly details: readonly ErrorDetail[];

  constructor(content: ApiErrorContent, cause?: unknown) {
    // A refusal is an answer and not a defect. Its stack would be useless and costs more than the whole call.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`${content.sentence} (${content.id})`, cause === undefined ? undefined : { cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'ApiError';
    this.code = CODES[content.code];
    this.codeName = content.code;
    this.id = content.id;
    this.sentence = content.sentence;
    this.httpStatus = content.httpStatus ?? HTTP_STATUS[content.code];
    this.headers = content.headers ?? {};
    const { id, sentence: message } = content;
    this.details = [{ id, message }, ...(content.more ?? [])];
  }
}
acrossCopies(ApiError, 'ApiError');
