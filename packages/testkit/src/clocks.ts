import { instant, type Clock, type Instant } from '@login-policy/event-sourcing';
import { parseInstant } from '@login-policy/event-sourcing/store';

/** A moment as a test writes it down: an ISO 8601 text that names its offset, or an instant. */
export type Moment = string | Instant;

/** A clock that shows what it was last set to, so that a test decides when time passes, and which way. */
export interface SettableClock extends Clock {
  /** Shows this moment from now on; it may lie before the one shown so far. */
  set(moment: Moment): void;
  /** Moves on by whole milliseconds; backwards when they are negative. */
  advance(milliseconds: number): void;
}

/**
 * A clock that stands still.
 *
 * @throws RangeError when the text is not a moment.
 */
export function fixedClock(moment: Moment): Clock {
  const shown = instantOf(moment);
  return () => shown;
}

/**
 * A clock that shows `start` first and moves on by `stepMs` each time it is read; backwards when that is negative.
 *
 * @throws RangeError when the text is not a moment or the step not a whole number.
 */
export function steppingClock(start: Moment, stepMs: number): Clock {
  let next = instantOf(start);
  if (!Number.isSafeInteger(stepMs)) throw new RangeError(`a step is whole milliseconds, not ${stepMs}`);
  return () => {
    const shown = next;
    next = instant(shown + stepMs);
    return shown;
  };
}

/**
 * A clock that stands still until it is set or moved.
 *
 * @throws RangeError when the text is not a moment.
 */
export function settableClock(start: Moment): SettableClock {
  let shown = instantOf(start);
  return Object.assign((): Instant => shown, {
    set(moment: Moment): void {
      shown = instantOf(moment);
    },
    advance(milliseconds: number): void {
      shown = instant(shown + milliseconds);
    },
  });
}

function instantOf(moment: Moment): Instant {
  return typeof moment === 'string' ? parseInstant(moment) : moment;
}
