import { isPlainObject } from '@login-policy/event-sourcing';
import type { OwnerRef, SignIn } from '../index.js';
import { InvalidValue, parseOwner, SIGN_IN_LEVELS, UnknownMember, type Judgement, type SignInLevel } from '../model.js';
import { OUTCOMES, resultFrom, type SignInResult } from './effects.js';

/** The version of the records that this program writes and reads. */
export const RECORD_VERSION = 1;

/** What a sign-in was answered. */
export interface RecordedAnswer {
  readonly outcome: Judgement['outcome'];
  /** The level of a sign-in that was let in. */
  readonly level?: SignInLevel;
}

/** A record of a sign-in: one line of JSON. It has no name and no address of a user. */
export interface SignInRecord extends RecordedAnswer {
  readonly v: typeof RECORD_VERSION;
  /** Whose user it is: an organization's, or the instance's own. */
  readonly owner: OwnerRef;
  /** A pseudonym of the user. */
  readonly user: string;
  /** Whether the user may change policies. */
  readonly isAdministrator: boolean;
  /** The input of `evaluateSignIn`. */
  readonly signIn: SignIn;
  /** The last event of the policy that answered. */
  readonly eventId: string;
  /** What a second policy would have answered that was only reported on. */
  readonly reportOnly?: RecordedAnswer;
}

/** A record as it is read: the sign-in is checked when it is judged. */
export interface ReadRecord extends Pick<SignInRecord, 'eventId' | 'isAdministrator' | 'owner' | 'signIn' | 'user'> {
  readonly result: SignInResult;
  /** In milliseconds since 1970; not a number if the sign-in has no instant that can be read. */
  readonly at: number;
}

const ANSWER = ['outcome', 'level'];
const MEMBERS = ['v', 'owner', 'user', 'isAdministrator', 'signIn', ...ANSWER, 'eventId', 'reportOnly'];

/**
 * Parses a line.
 *
 * @throws InvalidValue that names the field (`v`: a record of another version), SyntaxError for what is not JSON.
 */
export function parseRecord(line: string): ReadRecord {
  const value = objectIn(JSON.parse(line), 'the record');
  const { v } = value;
  if (v !== RECORD_VERSION) throw new InvalidValue('v', String(RECORD_VERSION), v);
  refuseUnknown(value, 'record', MEMBERS);
  const facts = factsIn(value);
  const { at } = facts.signIn;
  return { ...facts, at: typeof at === 'string' ? Date.parse(at) : Number.NaN, result: resultIn(value) };
}

/** What a record has beside the answer. @throws InvalidValue that names the field. */
export function factsIn(value: object): Omit<ReadRecord, 'at' | 'result'> {
  const { eventId, isAdministrator, owner, signIn, user }: Members = { ...value };
  if (typeof isAdministrator !== 'boolean') throw new InvalidValue('isAdministrator', 'true or false', isAdministrator);
  if (!isSignIn(signIn)) throw new InvalidValue('signIn', 'an object', signIn);
  if (signIn.at === undefined) throw new InvalidValue('signIn.at', 'the instant it was judged at', undefined);
  return {
    owner: parseOwner(owner, 'owner'),
    user: textIn(user, 'user'),
    isAdministrator,
    signIn,
    eventId: textIn(eventId, 'eventId'),
  };
}

type Members = Readonly<Record<string, unknown>>;

function objectIn(value: unknown, field: string): Members {
  if (isObject(value)) return value;
  throw new InvalidValue(field, 'an object', value);
}

function isObject(value: unknown): value is Members {
  return isPlainObject(value);
}

/** Unchecked: `evaluateSignIn` refuses what it can't read. */
function isSignIn(value: unknown): value is SignIn {
  return isPlainObject(value);
}

function refuseUnknown(value: Members, field: string, members: readonly string[]): void {
  for (const member of Object.keys(value)) {
    if (!members.includes(member)) throw new UnknownMember(field, member, members);
  }
}

function textIn(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new InvalidValue(field, 'a text', value);
}

function resultIn({ level, outcome }: Members): SignInResult {
  const known = OUTCOMES.find((one) => one === outcome);
  if (known === undefined) throw new InvalidValue('outcome', `one of ${OUTCOMES.join(', ')}`, outcome);
  const at = SIGN_IN_LEVELS.find((one) => one === level);
  if (known === 'proceed' && at === undefined)
    throw new InvalidValue('level', `one of ${SIGN_IN_LEVELS.join(', ')}`, level);
  if (known !== 'proceed' && level !== undefined) throw new InvalidValue('level', `left out of ${known}`, level);
  return resultFrom(known, at);
}
