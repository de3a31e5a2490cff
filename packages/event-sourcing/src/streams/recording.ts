import { instant, type Instant } from '../instant.js';
import type { EventMetadata } from './event.js';

/**
 * The instant an append is recorded at: the clock's, or that of the stream's last event when the clock is behind it.
 *
 * @throws RangeError when the clock tells no instant.
 */
export function notBefore(last: Instant | undefined, now: Instant): Instant {
  const told = instant(now);
  return last === undefined || told >= last ? told : last;
}

/** Metadata as a caller names it: a field may be there without a value. */
type GivenMetadata = { readonly [Field in keyof EventMetadata]: EventMetadata[Field] | undefined } & Pick<
  EventMetadata,
  'actor' | 'correlationId'
>;

/** What was made here. That something else is frozen says nothing of its form: it may inherit members, or have a `toJSON`. */
const made = new WeakSet<GivenMetadata>();

/** The metadata's fields, copied and frozen; a field that is not there is left out. What was made by this is not copied again. */
export function freezeMetadata(given: GivenMetadata): EventMetadata {
  if (isMade(given)) return given;
  const { actor, correlationId, causationId, idempotencyKey, reason } = given;
  const metadata: { -readonly [Field in keyof EventMetadata]: EventMetadata[Field] } = { actor, correlationId };
  if (causationId !== undefined) metadata.causationId = causationId;
  if (idempotencyKey !== undefined) metadata.idempotencyKey = idempotencyKey;
  if (reason !== undefined) metadata.reason = reason;
  made.add(metadata);
  return Object.freeze(metadata);
}

function isMade(given: GivenMetadata): given is EventMetadata {
  return made.has(given);
}
