import { listOf, objectOf, optionalText, type JsonObject } from './json.js';

/** The server understood, and said no, in a sentence. */
export class Refused extends Error {
  /** The status of HTTP. */
  readonly status: number;
  /** The id of the refusal, such as `LP-COND-01`; empty when there is none. */
  readonly id: string;
  /** All that the answer says. */
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

/** The server could not be reached, so nothing is known of what it did. */
export class Unreachable extends Error {
  constructor(cause: unknown, how: keyof typeof UNREACHABLE = 'away') {
    super(UNREACHABLE[how], { cause });
    this.name = 'Unreachable';
  }
}

/** Something that is shown could not be read anew, which is said in its place. */
export class NotReadAnew extends Error {
  constructor(cause: unknown) {
    super(sentenceOf(cause), { cause });
    this.name = 'NotReadAnew';
  }
}

/** Reads a refusal out of an answer, whatever wrote it: the API, the server, or something between. */
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

/** What went wrong, as a sentence for a person. */
export function sentenceOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : 'Something went wrong on this page. Reload it.';
}

/** Whether the policy moved on since it was looked at: what `If-Match` was refused for. */
export function isConflict(failure: unknown): boolean {
  return failure instanceof Refused && failure.status === 412;
}

/** Whether nobody can tell from it what became of a change: the answer was lost, or the server itself does not know. */
export function leavesOpen(failure: unknown): boolean {
  return failure instanceof Unreachable || (failure instanceof Refused && failure.status >= 500);
}

/** Whether it is said elsewhere: the session is over, what was asked for is not wanted any more, or it is said in its place. */
export function isSaidElsewhere(failure: unknown): boolean {
  const isOld = failure instanceof DOMException && failure.name === 'AbortError';
  return isOld || failure instanceof NotReadAnew || (failure instanceof Refused && failure.status === 401);
}
