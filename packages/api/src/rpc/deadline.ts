import { isFault } from '@login-policy/event-sourcing';
import { badHeader } from '../errors/refusals.js';
import { timeWasUp } from '../errors/status.js';
import type { RequestHeaders } from '../ports/ports.js';

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000001 };
const LONGEST_MS = 2 ** 31 - 1;
/** Less than that is over before anything can be done. */
const SHORTEST_MS = 1;

/** The header in which a protocol says how long a caller waits. */
export type TimeoutHeader = 'grpc-timeout' | 'connect-timeout-ms';

/** How they say it. Where no unit is named, it is milliseconds. */
const FORMS: Readonly<Record<TimeoutHeader, { readonly form: RegExp; readonly rule: string }>> = {
  'grpc-timeout': { form: /^(\d{1,8})([HMSmun])$/, rule: 'up to 8 digits and a unit' },
  'connect-timeout-ms': { form: /^(\d{1,10})$/, rule: 'up to 10 digits' },
};

/** A caller's patience: `signal` fires when it is at its end. Release it when the call is over. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** When, by `performance.now()`. */
  readonly dueAt: number;
  readonly release: () => void;
}

/** Reads how long a caller waits; `undefined` when they don't say. @throws ApiError when it is not of its form, or over. */
export function deadlineOf(headers: RequestHeaders, header: TimeoutHeader): Deadline | undefined {
  const timeout = headers.get(header);
  if (timeout === undefined) return undefined;
  const { form, rule } = FORMS[header];
  const [, digits, unit = 'm'] = form.exec(timeout) ?? [];
  if (digits === undefined) throw badHeader(header, rule);
  const milliseconds = Number(digits) * (UNIT_MS[unit] ?? 1);
  if (milliseconds < SHORTEST_MS) throw timeWasUp();
  const controller = new AbortController();
  const waitMs = Math.min(milliseconds, LONGEST_MS);
  const timer = setTimeout(() => controller.abort(), waitMs);
  return { signal: controller.signal, dueAt: performance.now() + waitMs, release: () => clearTimeout(timer) };
}

/** A request whose caller may have said how long they wait. */
interface Hurried extends RequestHeaders {
  deadline: AbortSignal | undefined;
  /** For an answer that lasts longer than its beginning. */
  dueAt: number | undefined;
}

/**
 * Answers a request within the time that its caller gives, which runs from the moment they asked, also while others decide whether they are
 * let in.
 *
 * @throws ApiError when the time was up: an operator is not told of it, since anybody could fill the log with it.
 */
export async function withinDeadline<Answer>(
  request: Hurried,
  header: TimeoutHeader,
  answer: () => Promise<Answer>,
): Promise<Answer> {
  const deadline = deadlineOf(request, header);
  if (deadline === undefined) return answer();
  const hurried = request;
  hurried.deadline = deadline.signal;
  hurried.dueAt = deadline.dueAt;
  try {
    return await answer();
  } catch (caught) {
    throw deadline.signal.aborted && isFault(caught, 'deadline-exceeded') ? timeWasUp() : caught;
  } finally {
    deadline.release();
  }
}
