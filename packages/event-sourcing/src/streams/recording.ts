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

/** The metadata's own fields, copied and frozen; a field that is not there is left out. What is frozen stays as it is. */
export function freezeMetadata(metadata: EventMetadata): EventMetadata {
  if (Object.isFrozen(metadata)) return metadata;
  const { actor, correlationId, causationId, idempotencyKey, reason } = metadata;
  return Object.freeze({
    actor,
    correlationId,
    ...(causationId !== undefined && { causationId }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(reason !== undefined && { reason }),
  });
}
