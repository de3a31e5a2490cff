import { Deadline, isPlainObject, type OptionRules, parseOptions, rule } from '@login-policy/event-sourcing';
import type { GrowingTreeHead } from './growing-tree-head.js';
import { anAddress, demand } from './input.js';

/** Takes tree heads to a place that who can change the log can't change. */
export interface Sink {
  /** What failures call it. */
  readonly name: string;
  /** Takes a tree head there. It is called again, with this or a larger one, when it rejects. */
  deliver(treeHead: GrowingTreeHead, signal: AbortSignal | undefined): Promise<void>;
}

/** How tree heads are sent to an address. */
export interface UrlSinkOptions {
  /** Such as `authorization`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default 10,000. */
  readonly timeoutMs?: number;
}

const ANSWER_MS = 10_000;

const RULES: OptionRules<UrlSinkOptions> = {
  headers: rule.optional(
    rule.mustBe(
      'an object of texts',
      (value) => isPlainObject(value) && Object.values(value).every((text) => typeof text === 'string'),
    ),
  ),
  timeoutMs: rule.optional(rule.numberBetween(1, 600_000)),
};

/**
 * POSTs each tree head, as its signed note, to an address. Any answer but 2xx is a failure.
 *
 * @throws RangeError that names a wrong address or option.
 */
export function urlSink(url: string, options: UrlSinkOptions = {}): Sink {
  demand('urlSink', 'url', url, anAddress);
  const { headers, timeoutMs = ANSWER_MS } = parseOptions(options, 'urlSink', RULES);
  const { href, host } = new URL(url);
  return {
    name: host,
    async deliver({ note }, signal) {
      const answer = await post(href, { body: note, headers, signal: untilTimeout(signal, timeoutMs) });
      if (!answer.ok) throw new Error(`${host} answered ${answer.status}.`);
    },
  };
}

/** Sends a text to an address, and reads the whole answer. */
export async function post(
  url: string,
  request: {
    readonly body: string;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly signal: AbortSignal;
  },
): Promise<{ readonly ok: boolean; readonly status: number; readonly text: string }> {
  const { body, headers, signal } = request;
  const all = { 'content-type': 'text/plain; charset=utf-8', ...headers };
  const answer = await fetch(url, { method: 'POST', body, headers: all, redirect: 'error', signal });
  return { ok: answer.ok, status: answer.status, text: await answer.text() };
}

/** Aborts with the signal, or after a time. */
export function untilTimeout(signal: AbortSignal | undefined, timeoutMs: number): AbortSignal {
  const timeout = AbortSignal.timeout(timeoutMs);
  return Deadline.firstToAbort(signal, timeout).signal;
}
