/** How long the work takes on a machine of 2024 that does nothing else. */
const REFERENCE_MS = 3.5;
const FRESH_MS = 500;
const REMEMBERED = 5;
/** Slower than that no machine is for long: what is measured then is a moment in which it did something else. */
const SLOWEST = 10;

const measured: number[] = [];
let measuredAt = -Infinity;

/**
 * So many milliseconds of a quiet machine as milliseconds of this one as it is now: how long a test may wait for something has to
 * grow where everything takes longer. Whole, and never fewer than were given.
 */
export function paced(milliseconds: number): number {
  if (performance.now() - measuredAt > FRESH_MS) remember(measurePace());
  const average = measured.reduce((sum, pace) => sum + pace, 0) / measured.length;
  return Math.ceil(milliseconds * Math.min(SLOWEST, Math.max(1, average)));
}

/** How many times slower this machine is now than a quiet one. */
export function measurePace(): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / REFERENCE_MS;
}

/** The last few count: a busy machine is not busy in each moment. */
function remember(pace: number): void {
  measuredAt = performance.now();
  measured.push(pace);
  if (measured.length > REMEMBERED) measured.shift();
}

/** The same work every time, for the processor alone. */
function work(): number {
  let state = 1;
  for (let count = 0; count < 3_000_000; count++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}
