import type { Contender, Figure } from './row.js';

/** The figures of one contender, and its errors. */
export interface Measured {
  readonly name: string;
  readonly method: string;
  readonly figures: readonly Figure[];
  readonly failures: readonly string[];
}

interface RunningContender {
  readonly contender: Contender;
  readonly figures: Figure[];
  readonly failures: string[];
}

/** A contender with this many errors is not measured any more. */
const MOST_FAILURES = 2;

const TIMEOUT_MS = 120_000;

/**
 * Measures all contenders in alternation, so that a slow phase of the machine affects all of them. Each round begins
 * with another one, so that none always follows the same. Errors are collected.
 *
 * No garbage collection is forced in between: that also discards compiled code and makes a rebuild half as fast.
 */
export async function interleave(
  contenders: readonly Contender[],
  { repetitions, warmUps }: { readonly repetitions: number; readonly warmUps: number },
): Promise<readonly Measured[]> {
  const running = contenders.map((contender): RunningContender => ({ contender, figures: [], failures: [] }));
  for (let round = 0; round < warmUps + repetitions; round++) {
    const first = round % running.length;
    for (const one of [...running.slice(first), ...running.slice(0, first)]) {
      if (one.failures.length < MOST_FAILURES) await measureOnce(one, round >= warmUps);
    }
  }
  return running.map(({ contender: { name, method }, figures, failures }) => ({ name, method, figures, failures }));
}

async function measureOnce({ contender, figures, failures }: RunningContender, isRecorded: boolean): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timedOut = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)), TIMEOUT_MS);
  });
  try {
    const figure = await Promise.race([contender.measure(), timedOut]);
    if (isRecorded) figures.push(figure);
  } catch (caught) {
    failures.push(caught instanceof Error ? caught.message : String(caught));
  } finally {
    clearTimeout(timer);
  }
}
