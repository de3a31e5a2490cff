import type { Instant } from '@login-policy/event-sourcing';
import { Lru } from '@login-policy/event-sourcing/domain';
import { DateTime, FixedOffsetZone } from 'luxon';
import { resourceOwnerOf, type Owner } from '../policy/owner.js';
import { type Marks, sequenceOf } from '../policy/marks.js';

/**
 * What an answer to a change says of the object, and with it every policy or list that is read (docs/reference/login-policies.md#details): always all four.
 *
 * On read: the last event reduced, and the first and last instant of the object. On create and on manipulation: the
 * events just added, with the object's first instant. The object is the policy from its `LoginPolicyAdded` on.
 */
export interface Details {
  /** The place of the last event in its policy's stream, from 1 on. */
  readonly sequence: bigint;
  /** In UTC. */
  readonly creationDate: DateTime<true>;
  /** In UTC. */
  readonly changeDate: DateTime<true>;
  /** Whose policy answered: the id of the organization or of the instance. */
  readonly resourceOwner: string;
}

/** Says the marks of the owner's policy as details. */
export function detailsOf(marks: Marks, owner: Owner): Details {
  return {
    sequence: sequenceOf(marks),
    creationDate: toDateTime(marks.createdAt),
    changeDate: toDateTime(marks.changedAt),
    resourceOwner: resourceOwnerOf(owner),
  };
}

const UTC = { zone: FixedOffsetZone.utcInstance };

const made = new Lru<Instant, DateTime<true>>(1000);

/**
 * An instant as luxon knows it, in UTC. A `DateTime` is immutable and expensive to create, so they are cached: callers ask for the same instants, as they do
 * again and again for the day a policy began.
 */
export function toDateTime(instant: Instant): DateTime<true> {
  const known = made.get(instant);
  if (known !== undefined) return known;
  const moment = DateTime.fromMillis(instant, UTC);
  if (!moment.isValid) throw new RangeError(`${instant} is not an instant`);
  made.set(instant, moment);
  return moment;
}

/** Details as JSON has them: the sequence as a decimal string, instants as ISO 8601 in UTC with milliseconds. */
export interface DetailsJson {
  readonly sequence: string;
  readonly creationDate: string;
  readonly changeDate: string;
  readonly resourceOwner: string;
}

/** Writes details as JSON. */
export function detailsToJson({ sequence, creationDate, changeDate, resourceOwner }: Details): DetailsJson {
  return {
    sequence: String(sequence),
    creationDate: new Date(creationDate.toMillis()).toISOString(),
    changeDate: new Date(changeDate.toMillis()).toISOString(),
    resourceOwner,
  };
}
