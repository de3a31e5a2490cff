import { randomUUID } from 'node:crypto';
import type { AsOf, CommandOptions, PolicyReadOptions } from '@login-policy/domain';
import { LOCK_OUTS } from '@login-policy/domain/model';
import { parsePosition } from '@login-policy/event-sourcing';
import { DateTime } from 'luxon';
import { badHeader, foreignTag, unreadable } from '../errors/refusals.js';
import type { RequestHeaders } from '../ports/ports.js';
import { recordedKey } from './idempotency-key.js';

/** The conditions of a call in any protocol: headers, and what was derived from them. */
export interface Incoming extends RequestHeaders {
  /** Used as the correlation id of the events, and returned to the caller. */
  readonly requestId: string;
  /** Aborts when the answer is no longer needed: the client has left, or its deadline has passed. */
  readonly signal: AbortSignal | undefined;
  /** The moment in the past that a read asks for: a sequence, an instant in ISO 8601, or @ and a position. */
  readonly asOf: string | undefined;
}

const LONGEST_REQUEST_ID = 200;

/** Options under construction: cheaper than spreads for calls with few options. */
type Writable<Options> = { -readonly [Name in keyof Options]: Options[Name] };

/** The request's id, if it can be recorded; otherwise a new one. */
export function requestIdOf(headers: RequestHeaders): string {
  const id = headers.get('x-request-id');
  const isValid = id !== undefined && id.length <= LONGEST_REQUEST_ID && /^[\x21-\x7e]+$/.test(id);
  return isValid ? id : randomUUID();
}

/** The conditions of a command, and its actor. @throws ApiError for a malformed header. */
export function commandOptions(actor: string, incoming: Incoming): CommandOptions {
  const { requestId, signal } = incoming;
  const idempotencyKey = incoming.get('idempotency-key');
  const reason = incoming.get('login-policy-reason');
  const options: Writable<CommandOptions> = {
    actor,
    correlationId: requestId,
    ...preconditionsOf(incoming),
    ...acknowledgedIn(incoming),
  };
  if (idempotencyKey !== undefined) options.idempotencyKey = recordedKey(actor, idempotencyKey);
  if (reason !== undefined) options.reason = percentDecoded(reason);
  if (signal !== undefined) options.signal = signal;
  return options;
}

/**
 * The warnings that the caller acknowledges: names separated by commas, and for users how many at most, as in
 * `users-locked-out=12`.
 *
 * @throws ApiError for an unknown name
 */
export function acknowledgedIn(headers: RequestHeaders): Pick<CommandOptions, 'acknowledge'> {
  const names = headers.get('login-policy-acknowledge')?.split(',');
  return names === undefined ? {} : { acknowledge: names.map((name) => acknowledgementIn(name.trim())) };
}

const BY_NAME = [...LOCK_OUTS, 'census-unknown'] as const;

function acknowledgementIn(name: string): (typeof BY_NAME)[number] | { readonly lockedOut: number } {
  const known = BY_NAME.find((one) => one === name);
  if (known !== undefined) return known;
  const lockedOut = Number(/^users-locked-out=(\d{1,16})$/.exec(name)?.[1] ?? Number.NaN);
  if (Number.isSafeInteger(lockedOut)) return { lockedOut };
  const rule = `one or more of ${BY_NAME.join(', ')}, users-locked-out=NUMBER, with commas between them`;
  throw badHeader('Login-Policy-Acknowledge', rule);
}

/**
 * The preconditions of a call: on the policy's last event by `If-Match`, on all that the caller saw by
 * `Login-Policy-If-Seen`.
 *
 * @throws ApiError
 */
export function preconditionsOf(headers: RequestHeaders): Pick<CommandOptions, 'ifEventId' | 'ifSeen' | 'ifSequence'> {
  const ifSeen = headers.get('login-policy-if-seen')?.trim();
  return ifSeen === undefined ? ownPreconditions(headers) : { ...ownPreconditions(headers), ifSeen };
}

/** `*` means that the policy exists, which every command requires anyway. @throws ApiError */
function ownPreconditions(headers: RequestHeaders): Pick<CommandOptions, 'ifEventId' | 'ifSequence'> {
  const tag = headers.get('if-match')?.trim();
  if (tag === undefined || tag === '*') return {};
  const [, sequence, ifEventId] = OWN_TAG.exec(tag) ?? [];
  if (sequence !== undefined) return { ifSequence: BigInt(sequence), ...(ifEventId !== undefined && { ifEventId }) };
  if (/^(W\/)?"[^",]*"$/.test(tag)) throw foreignTag();
  throw badHeader('If-Match', 'one entity tag in quotes, as an ETag had it');
}

/** A policy's sequence and last event. A tag with only a sequence matches any event there. */
const OWN_TAG = /^"(\d{1,18})(?:\.([0-7][0-9A-HJKMNP-TV-Z]{25})\.\d{1,9})?"$/;

/**
 * A header can only hold ASCII, but a reason is free text. Other bytes arrive as Latin-1, whatever they stood for, and
 * would be recorded garbled for good.
 */
function percentDecoded(text: string): string {
  if (/[^\x20-\x7e]/.test(text)) throw badHeader('Login-Policy-Reason', 'percent-encoded UTF-8');
  try {
    return decodeURIComponent(text);
  } catch (caught) {
    if (caught instanceof URIError) throw badHeader('Login-Policy-Reason', 'percent-encoded UTF-8');
    throw caught;
  }
}

/** How fresh a read must be, or its moment in the past. @throws ApiError for a malformed value. */
export function readOptions(incoming: Incoming): PolicyReadOptions {
  const { asOf, signal } = incoming;
  const atLeast = incoming.get('login-policy-at-least');
  const options: Writable<PolicyReadOptions> = {};
  if (signal !== undefined) options.signal = signal;
  if (asOf !== undefined) options.asOf = parseMoment(asOf, 'asOf');
  if (atLeast !== undefined) options.atLeast = parseAtLeast(atLeast);
  return options;
}

const LONGEST_INSTANT = 64;

/** Parses a moment from text. @throws ApiError that names the field */
export function parseMoment(text: string, field: string): AsOf {
  const moment = text.length > LONGEST_INSTANT ? undefined : momentIn(text);
  if (moment !== undefined) return moment;
  throw unreadable(`${field} must be a sequence, an instant in ISO 8601 with its offset, or @ and a position.`);
}

/** Takes time quadratic in the length, so the caller checks the length first. */
function momentIn(text: string): AsOf | undefined {
  if (/^\d{1,18}$/.test(text)) return { sequence: BigInt(text) };
  if (/^@\d{1,51}$/.test(text)) return positionIn(text.slice(1));
  const moment = dateTimeIn(text);
  const namesOffset = /t.*(?:z|[+-]\d\d(?::?\d\d)?)$/i.test(text);
  return moment?.isValid === true && namesOffset ? { instant: moment } : undefined;
}

/** `undefined` where the program has luxon throw on invalid values. */
function dateTimeIn(text: string): DateTime | undefined {
  try {
    return DateTime.fromISO(text, { setZone: true });
  } catch {
    return undefined;
  }
}

function positionIn(text: string): AsOf | undefined {
  try {
    return { position: parsePosition(text) };
  } catch (caught) {
    if (caught instanceof RangeError) return undefined;
    throw caught;
  }
}

function parseAtLeast(text: string): NonNullable<PolicyReadOptions['atLeast']> {
  try {
    return parsePosition(text);
  } catch (caught) {
    if (caught instanceof RangeError) throw badHeader('Login-Policy-At-Least', 'what Login-Policy-Position was');
    throw caught;
  }
}
