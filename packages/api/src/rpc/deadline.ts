import { isFault } from '@login-policy/event-sourcing';
import { badHeader } from '../errors/refusals.js';
import { deadlinePassed } from '../errors/status.js';
import type { RequestHeaders } from '../ports/ports.js';

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000001 };
const LONGEST_MS = 2 ** 31 - 1;
/** A shorter deadline passes at once. */
const SHORTEST_MS = 1;

/** The header in which a protocol carries the caller's time-out. */
export type TimeoutHeader = 'grpc-timeout' | 'connect-timeout-ms';

/** The formats of the headers. A number without a unit is in milliseconds. */
const FORMS: Readonly<Record<TimeoutHeader, { readonly form: RegExp; readonly rule: string }>> = {
  'grpc-timeout': { form: /^(\d{1,8})([HMSmun])$/, rule: 'up to 8 digits and a unit' },
  'connect-timeout-ms': { form: /^(\d{1,10})$/, rule: 'up to 10 digits' },
};

/** The caller's deadline: `signal` aborts when it passes. Release it when the call is over. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** The time of the deadline, by `performance.now()`. */
  readonly dueAt: number;
  readonly release: () => void;
}

/**
 * Parses the caller's deadline; `undefined` when there is none.
 *
 * @throws ApiError when it is malformed or has passed.
 */
export function deadlineOf(headers: RequestHeaders, header: TimeoutHeader): Deadline | undefined {
  const timeout = headers.get(header);
  if (timeout === undefined) return undefined;
  const { form, rule } = FORMS[header];
  const [, digits, unit = 'm'] = form.exec(timeout) ?? [];
  if (digits === undefined) throw badHeader(header, rule);
  const milliseconds = Number(digits) * (UNIT_MS[unit] ?? 1);
  if (milliseconds < SHORTEST_MS) throw deadlinePassed();
  const controller = new AbortController();
  const waitMs = Math.min(milliseconds, LONGEST_MS);
  const timer = setTimeout(() => controller.abort(), waitMs);
  return { signal: controller.signal, dueAt: performance.now() + waitMs, release: () => clearTimeout(timer) };
}

/** A request that may have a deadline. */
interface RequestWithDeadline extends RequestHeaders {
  deadline: AbortSignal | undefined;
  /** The time of the deadline, which also ends a streaming answer. */
  dueAt: number | undefined;
}

/**
 * Answers a request within the caller's deadline, which includes the time of the hooks.
 *
 * @throws ApiError when the deadline has passed. This is not logged, because any client could fill the log with it.
 */
export async function withinDeadline<Answer>(
  request: RequestWithDeadline,
  header: TimeoutHeader,
  answer: () => Promise<Answer>,
): Promise<Answer> {
  const deadline = deadlineOf(request, header);
  if (deadline === undefined) return answer();
  const timed = request;
  timed.deadline = deadline.signal;
  timed.dueAt = deadline.dueAt;
  try {
    return await answer();
  } catch (caught) {
    throw deadline.signal.aborted && isFault(caught, 'deadline-exceeded') ? deadlinePassed() : caught;
  } finally {
    deadline.release();
  }
}
