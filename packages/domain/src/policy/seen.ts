import { type CommandContext, type EventId, eventId, type StreamId } from '@login-policy/event-sourcing';
import { InvalidValue, type Parser } from '../input/invalid-value.js';
import { sequenceOf } from './change-info.js';
import { ownerOfStream, policyStream, type Instance, type Owner } from './owner.js';
import type { PolicyState } from './policy-state.js';

/** The last event of a policy. */
export interface SeenEvent {
  readonly sequence: bigint;
  readonly eventId: EventId;
}

/** A policy as a caller saw it: its last event, `undefined` when none was in force, or that it can't be read. */
export type SeenPolicy = SeenEvent | 'unreadable' | undefined;

/** What an answer depended on: the owner's own policy and, for an organization, the default behind it. */
export interface Seen {
  readonly own: SeenPolicy;
  readonly byDefault: SeenPolicy;
}

/** By these, a command knows its own events, also among others under the same correlation id. */
export type CommandMarks = {
  readonly [Mark in 'actor' | 'correlationId' | 'idempotencyKey']?: CommandContext[Mark] | undefined;
};

/** The policy of a state as a caller sees it. */
export function seenIn({ policy, changeInfo }: PolicyState): SeenEvent | undefined {
  if (policy.stage !== 'active' || changeInfo === undefined) return undefined;
  return { sequence: sequenceOf(changeInfo), eventId: changeInfo.eventId };
}

/** The `seen` of an answer: an opaque text, which a command takes as `ifSeen`. */
export function seenText(owner: Owner, { own, byDefault }: Seen): string {
  return `${partOf(own)}~${partOf(byDefault)}~${policyStream(owner)}`;
}

function partOf(seen: SeenPolicy): string {
  if (seen === undefined) return '0';
  return seen === 'unreadable' ? 'x' : `${seen.sequence}-${seen.eventId}`;
}

const PART = String.raw`(0|x|[1-9]\d{0,17}-[0-7][0-9A-HJKMNP-TV-Z]{25})`;
const TEXT = new RegExp(`^${PART}~${PART}~(.+)$`);

/** Parses the `seen` of an answer about this owner. */
export function seenOf(owner: Owner): Parser<Seen> {
  return (value, field) => {
    const [, own, byDefault, stream] = (typeof value === 'string' && TEXT.exec(value)) || [];
    if (own === undefined || byDefault === undefined) throw new InvalidValue(field, 'the seen of an answer', value);
    if (stream !== policyStream(owner))
      throw new InvalidValue(field, 'the seen of an answer about the same owner', value);
    return { own: seenFrom(own), byDefault: seenFrom(byDefault) };
  };
}

/** Checks the `seen` of an answer about this owner, and leaves it as text. */
export function seenTextOf(owner: Owner): Parser<string> {
  return (value, field) => seenText(owner, seenOf(owner)(value, field));
}

/** Checks the `seen` of an answer about the instance or one of its organizations, and leaves it as text, with the owner's stream. */
export function seenWithin(instance: Instance): Parser<readonly [StreamId, string]> {
  return (value, field) => {
    const owner = ownerOfStream((typeof value === 'string' && TEXT.exec(value)?.[3]) || '');
    const isWithin = owner?.instanceId === instance.instanceId;
    if (!isWithin)
      throw new InvalidValue(
        field,
        `the seen of an answer about the instance ${instance.instanceId} or one of its organizations`,
        value,
      );
    return [policyStream(owner), seenTextOf(owner)(value, field)];
  };
}

function seenFrom(part: string): SeenPolicy {
  if (part === 'x') return 'unreadable';
  const [sequence = '', id] = part.split('-');
  return id === undefined ? undefined : { sequence: BigInt(sequence), eventId: eventId(id) };
}

/** A name for what a policy ends with, to compare. */
export type SeenName = EventId | 'none' | 'unreadable';

/** The name of what a policy ends with. */
export function nameOfSeen(seen: SeenPolicy): SeenName {
  if (seen === undefined) return 'none';
  return seen === 'unreadable' ? seen : seen.eventId;
}
