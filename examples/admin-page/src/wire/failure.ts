import { listOf, objectOf, optionalText, UnexpectedAnswer, type JsonObject } from './json.js';

/** The server refused the request, with a sentence. */
export class Refused extends Error {
  /** The HTTP status. */
  readonly status: number;
  /** The id of the refusal, such as `LP-COND-01`; empty when there is none. */
  readonly id: string;
  /** The whole answer. */
  readonly body: JsonObject;

  constructor({ status, id, sentence, body = {} }: RefusedContent) {
    super(sentence);
    this.name = 'Refused';
    this.status = status;
    this.id = id;
    this.body = body;
  }
}

interface RefusedContent {
  readonly status: number;
  readonly id: string;
  readonly sentence: string;
  readonly body?: JsonObject;
}

const UNREACHABLE = {
  away: "The server can't be reached.",
  silent: 'The server does not answer.',
  ended: 'The server ended before it was done.',
} as const;

/** The server could not be reached, so the outcome is unknown. */
export class Unreachable extends Error {
  constructor(cause: unknown, how: keyof typeof UNREACHABLE = 'away') {
    super(UNREACHABLE[how], { cause });
    this.name = 'Unreachable';
  }
}

/** Shown data could not be read again. The page says so in place. */
export class NotReadAnew extends Error {
  constructor(cause: unknown) {
    super(sentenceOf(cause), { cause });
    this.name = 'NotReadAnew';
  }
}

/** Parses a refusal, whether the API, the server or a proxy wrote it. */
export function refusalOf(status: number, body: string): Refused {
  const said = bodyOf(body);
  const detail = listOf(Array.isArray(said['details']) ? said['details'] : [], 'details', objectLike)[0] ?? {};
  const sentence =
    optionalText(detail['message'], 'message') ??
    optionalText(said['message'], 'message') ??
    `The server answered with status ${status} and no reason.`;
  return new Refused({ status, id: optionalText(detail['id'], 'id') ?? '', sentence, body: said });
}

function bodyOf(body: string): JsonObject {
  try {
    return objectOf(JSON.parse(body), 'the refusal');
  } catch {
    return {};
  }
}

function objectLike(value: unknown): JsonObject {
  return objectOf(value, 'a detail');
}

/** The message of an error for the user. */
export function sentenceOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : 'Something went wrong on this page. Reload it.';
}

/** Whether the policy, or the default behind it, has changed since the user saw it. */
export function isConflict(failure: unknown): boolean {
  return failure instanceof Refused && failure.id !== '' && (failure.id === 'LP-COND-06' || failure.status === 412);
}

/** Whether the change was refused because others have to approve it: it can be proposed. */
export function isForOthers(failure: unknown): boolean {
  return failure instanceof Refused && failure.id === 'LP-PROPOSAL-01';
}

/** Whether the server says that there is no such thing. */
export function isNotFound(failure: unknown): boolean {
  return failure instanceof Refused && failure.status === 404 && failure.id !== '';
}

/**
 * Whether the outcome of a request is unknown. Only a refusal with an id is the server's own word: any other answer may
 * be a proxy's, which replaced the server's on the way.
 */
export function leavesOpen(failure: unknown): boolean {
  if (failure instanceof Refused) return failure.status >= 500 || failure.id === '';
  return failure instanceof Unreachable || failure instanceof UnexpectedAnswer;
}

/** Whether a refusal was given before the server looked whether the change was recorded already. */
export function isBeforeLooking(failure: unknown): boolean {
  return failure instanceof Refused && (failure.status === 401 || failure.status === 403);
}

/**
 * Whether the page already shows the error elsewhere: the session has ended, the request was aborted, or the error is
 * shown in place.
 */
export function isSaidElsewhere(failure: unknown): boolean {
  const isOld = failure instanceof DOMException && failure.name === 'AbortError';
  return (
    isOld ||
    failure instanceof NotReadAnew ||
    (failure instanceof Refused && failure.status === 401 && failure.id !== '')
  );
}
