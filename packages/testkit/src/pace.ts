/** The time of the reference work on a quiet machine of 2024. */
const REFERENCE_MS = 3.5;
/** How long a measurement is used. */
const VALID_MS = 500;
/** The number of measurements in the average. */
const MOST_MEASUREMENTS = 5;
/** The greatest factor used: a higher measurement only means that the machine was briefly busy with other work. */
const SLOWEST = 10;

const measured: number[] = [];
let measuredAt = -Infinity;

/**
 * Scales milliseconds of a quiet machine to this machine's current speed, so that tests wait longer where everything
 * takes longer. The result is whole and never smaller than the argument.
 */
export function paced(milliseconds: number): number {
  if (performance.now() - measuredAt > VALID_MS) addMeasurement(measurePace());
  const average = measured.reduce((sum, pace) => sum + pace, 0) / measured.length;
  return Math.ceil(milliseconds * Math.min(SLOWEST, Math.max(1, average)));
}

/** How many times slower this machine is now than a quiet one. */
export function measurePace(): number {
  const began = performance.now();
  referenceWork();
  return (performance.now() - began) / REFERENCE_MS;
}

/** Keeps the last few measurements, because a busy machine is not busy at every moment. */
function addMeasurement(pace: number): void {
  measuredAt = performance.now();
  measured.push(pace);
  if (measured.length > MOST_MEASUREMENTS) measured.shift();
}

/** The reference work: the same each time, and only for the processor. */
function referenceWork(): number {
  let state = 1;
  for (let count = 0; count < 3_000_000; count++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
  return state;
}
