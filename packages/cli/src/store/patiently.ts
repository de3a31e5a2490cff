import { setTimeout as sleep } from 'node:timers/promises';
import { isFault } from '@login-policy/event-sourcing';
import type { OptionSpecs } from '../command-line/option-specs.js';
import type { ParsedArguments } from '../command-line/parsed-arguments.js';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** The option for how long a write is tried again. */
export const PATIENCE_OPTIONS: OptionSpecs = {
  'retry-seconds': {
    placeholder: 'N',
    description: 'How long a write is tried again that a busy server does not take, in seconds. Default 60.',
  },
};

/** The faults of a store that is busy or away. */
const PASSING: ReadonlySet<string> = new Set([
  'deadline-exceeded',
  'outcome-unknown',
  'projection-behind',
  'store-unavailable',
]);

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [100, 2000];

/** How long writes are tried again, and what ends that. */
export interface Patience {
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** The patience that the options name. @throws Failure */
export function patienceOf(args: ParsedArguments, signal: AbortSignal): Patience {
  return { seconds: Number(args.wholeNumber('retry-seconds') ?? 60n), signal };
}

/**
 * Writes, and tries again after a fault that may pass. The attempts are counted from 1: an earlier one may have been
 * carried out although its answer was lost.
 *
 * @throws Failure that names the limit. Another error is thrown as it is.
 */
export async function patiently<Result>(
  { seconds, signal }: Patience,
  write: (attempt: number) => Promise<Result>,
): Promise<Result> {
  const until = performance.now() + seconds * 1000;
  for (let attempt = 1; ; attempt++) {
    try {
      return await write(attempt);
    } catch (caught) {
      if (!isFault(caught) || !PASSING.has(caught.code)) throw caught;
      if (performance.now() >= until) {
        const message = `A write failed for ${seconds} s (--retry-seconds): ${caught.message}. Run the command again: it goes on where it was.`;
        throw new Failure(EXIT.tryAgain, message, { cause: caught });
      }
      await sleep(Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS), undefined, { signal });
    }
  }
}
