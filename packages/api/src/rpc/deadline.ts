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
  const [, digits = '', unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(timeout) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined) throw badHeader('grpc-timeout', 'up to 8 digits and a unit');
  return deadlineIn(Number(digits) * unitMs);
}

/** The same of a `connect-timeout-ms`. @throws ApiError */
export function connectDeadlineOf(timeout: string | undefined): Deadline | undefined {
  if (timeout === undefined) return undefined;
  if (!/^\d{1,10}$/.test(timeout)) throw badHeader('connect-timeout-ms', 'up to 10 digits');
  return deadlineIn(Number(timeout));
}

function deadlineIn(milliseconds: number): Deadline {
  if (milliseconds < SHORTEST_MS) throw timeWasUp();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), Math.min(milliseconds, LONGEST_MS));
  return { signal: controller.signal, release: () => clearTimeout(timer) };
}
