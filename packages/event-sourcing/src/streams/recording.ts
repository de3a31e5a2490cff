import type { Instant } from '../values/instant.js';
import { OPTIONAL_METADATA, type EventMetadata } from './event.js';

/** The `recordedAt` of an append: the clock's time, or that of the stream's last event when the clock is behind it. */
export function notBefore(last: Instant | undefined, now: Instant): Instant {
  return last === undefined || now >= last ? now : last;
}

/** Metadata as callers pass it: a field may be `undefined`. */
type GivenMetadata = { readonly [Field in keyof EventMetadata]: EventMetadata[Field] | undefined } & Pick<
  EventMetadata,
  'actor' | 'correlationId'
>;

/** The metadata of an erased event: without the texts and salts of those that have a commitment, which stays. */
export function erasedMetadata(
  metadata: EventMetadata,
  { actor, reason }: { readonly actor?: string; readonly reason?: string },
): EventMetadata {
  return freezeMetadata({
    ...metadata,
    ...(actor !== undefined && { actor: '', actorSalt: undefined, commitmentToActor: actor }),
    ...(reason !== undefined && { reason: undefined, reasonSalt: undefined, commitmentToReason: reason }),
  });
}

/** The metadata's fields, copied and frozen, without undefined ones. */
export function freezeMetadata(given: GivenMetadata): EventMetadata {
  const { actor, correlationId } = given;
  const metadata: { -readonly [Field in keyof EventMetadata]: EventMetadata[Field] } = { actor, correlationId };
  for (const name of OPTIONAL_METADATA) {
    const value = given[name];
    if (value !== undefined) metadata[name] = value;
  }
  return Object.freeze(metadata);
}
