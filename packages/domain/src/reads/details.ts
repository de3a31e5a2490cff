import { type Instant, Lru } from '@login-policy/event-sourcing';
import { DateTime, FixedOffsetZone } from 'luxon';
import { resourceOwnerOf, type Owner } from '../policy/owner.js';
import { type ChangeInfo, sequenceOf } from '../policy/change-info.js';

/**
 * The details of a policy, in the answer to every change and read (docs/reference/login-policies.md#details), always
 * with all four members.
 *
 * On a read: the last event reduced, and the object's first and last time. On create and change: the last event just
 * added, and the object's first time. The object is the policy since its last `LoginPolicyAdded`.
 */
export interface Details {
  /** The sequence of the last event in its policy's stream, counted from 1. */
  readonly sequence: bigint;
  /** In UTC. */
  readonly creationDate: DateTime<true>;
  /** In UTC. */
  readonly changeDate: DateTime<true>;
  /** The id of the organization or instance that owns the policy. */
  readonly resourceOwner: string;
}

/** The details of the owner's policy. */
export function detailsOf(changeInfo: ChangeInfo, owner: Owner): Details {
  return {
    sequence: sequenceOf(changeInfo),
    creationDate: toDateTime(changeInfo.createdAt),
    changeDate: toDateTime(changeInfo.changedAt),
    resourceOwner: resourceOwnerOf(owner),
  };
}

const UTC = { zone: FixedOffsetZone.utcInstance };

const made = new Lru<Instant, DateTime<true>>(1000);

/**
 * An instant as a luxon `DateTime` in UTC. A `DateTime` is immutable and expensive to create, so they are cached: the
 * same instants are asked for again and again.
 */
export function toDateTime(instant: Instant): DateTime<true> {
  const known = made.get(instant);
  if (known !== undefined) return known;
  const moment = DateTime.fromMillis(instant, UTC);
  if (!moment.isValid) throw new RangeError(`${instant} is not an instant`);
  made.set(instant, moment);
  return moment;
}

/** Details as JSON: the sequence as a decimal string, times as ISO 8601 in UTC with milliseconds. */
export interface DetailsJson {
  readonly sequence: string;
  readonly creationDate: string;
  readonly changeDate: string;
  readonly resourceOwner: string;
}

/** Converts details to JSON. */
export function detailsToJson({ sequence, creationDate, changeDate, resourceOwner }: Details): DetailsJson {
  return {
    sequence: String(sequence),
    creationDate: new Date(creationDate.toMillis()).toISOString(),
    changeDate: new Date(changeDate.toMillis()).toISOString(),
    resourceOwner,
  };
}
