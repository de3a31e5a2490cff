import { badHeader } from '../errors/refusals.js';
import { timeWasUp } from '../errors/status.js';

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000001 };
const LONGEST_MS = 2 ** 31 - 1;
/** Less than that is over before anything can be done. */
const SHORTEST_MS = 1;

/** A caller's patience: `signal` fires when it is at its end. Release it when the call is over. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly release: () => void;
}

/** Reads a `grpc-timeout`; `undefined` when there is none. @throws ApiError when it is not of its form, or over. */
export function deadlineOf(timeout: string | undefined): Deadline | undefined {
  if (timeout === undefined) return undefined;
  const milliseconds = millisecondsOf(timeout);
  if (milliseconds === undefined) throw badTimeout();
  if (milliseconds < SHORTEST_MS) throw timeWasUp();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), Math.min(milliseconds, LONGEST_MS));
  return { signal: controller.signal, release: () => clearTimeout(timer) };
}

/** Looks at a timeout that others keep. @throws ApiError when it is not of its form, or over. */
export function checkTimeout(timeout: string): void {
  const milliseconds = millisecondsOf(timeout);
  if (milliseconds === undefined) throw badTimeout();
  if (milliseconds < SHORTEST_MS) throw timeWasUp();
}

/** The same of a `connect-timeout-ms`. @throws ApiError */
export function checkConnectTimeout(timeout: string): void {
  if (!/^\d{1,10}$/.test(timeout)) throw badHeader('connect-timeout-ms', 'up to 10 digits');
  if (Number(timeout) < SHORTEST_MS) throw timeWasUp();
}

function badTimeout(): Error {
  return badHeader('grpc-timeout', 'up to 8 digits and a unit');
}

/** Whether a timeout is longer than a timer can run: 24 days. */
export function isEndless(timeout: string): boolean {
  return (millisecondsOf(timeout, 10) ?? 0) > LONGEST_MS;
}

function millisecondsOf(timeout: string, mostDigits = 8): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+)([HMSmun])$/.exec(timeout) ?? [];
  const unitMs = UNIT_MS[unit];
  return unitMs === undefined || digits.length > mostDigits ? undefined : Number(digits) * unitMs;
}
