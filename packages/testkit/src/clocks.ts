import { type Clock, instant, type Instant, parseInstant } from '@login-policy/event-sourcing';

/** A time as tests write it: ISO 8601 with an offset, or an instant. */
export type Moment = string | Instant;

/** A clock that shows the time it was last set to, so that a test decides when time passes and in which direction. */
export interface SettableClock extends Clock {
  /** Shows this time from now on; it may be earlier than the current one. */
  set(moment: Moment): void;
  /** Moves the clock by whole milliseconds; negative ones move it back. */
  advance(milliseconds: number): void;
}

/**
 * A clock that stands still.
 *
 * @throws RangeError when the text is not a time.
 */
export function fixedClock(moment: Moment): Clock {
  const shown = instantOf(moment);
  return () => shown;
}

/**
 * A clock that shows `start` first and moves by `stepMs` at each reading; a negative step moves it back.
 *
 * @throws RangeError when the text is not a time or the step is not a whole number.
 */
export function steppingClock(start: Moment, stepMs: number): Clock {
  let next = instantOf(start);
  if (!Number.isSafeInteger(stepMs))
    throw new RangeError(`a step must be a whole number of milliseconds, not ${stepMs}`);
  return () => {
    const shown = next;
    next = instant(shown + stepMs);
    return shown;
  };
}

/**
 * A clock that stands still until it is set or moved.
 *
 * @throws RangeError when the text is not a time.
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
