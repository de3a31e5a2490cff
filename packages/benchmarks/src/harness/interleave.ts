import type { Contender } from './row.js';

/** How often each contender is measured. */
export interface Rounds {
  readonly repetitions: number;
  readonly warmUps: number;
}

/** The figures of one contender, and what it said each time it failed. */
export interface Measured {
  readonly name: string;
  readonly how: string;
  readonly figures: readonly number[];
  readonly failures: readonly string[];
}

interface Running {
  readonly contender: Contender;
  readonly figures: number[];
  readonly failures: string[];
}

/** One that failed so often is not asked again. */
const GIVEN_UP_AFTER = 2;

const PATIENCE_MS = 120_000;

/**
 * Measures all contenders in turns, so that a machine that is slow for a while is slow for each of them. What one
 * says when it fails is kept.
 *
 * No garbage collection is forced between turns: that throws away compiled code too, and slows a rebuild by half.
 */
export async function interleave(contenders: readonly Contender[], rounds: Rounds): Promise<readonly Measured[]> {
  const running = contenders.map((contender): Running => ({ contender, figures: [], failures: [] }));
  for (let round = -rounds.warmUps; round < rounds.repetitions; round++) {
    for (const one of running) {
      if (one.failures.length < GIVEN_UP_AFTER) await takeTurn(one, round >= 0);
    }
  }
  return running.map(({ contender: { name, how }, figures, failures }) => ({ name, how, figures, failures }));
}

async function takeTurn(one: Running, counts: boolean): Promise<void> {
  try {
    const figure = await inTime(one.contender);
    if (counts) one.figures.push(figure);
  } catch (caught) {
    one.failures.push(caught instanceof Error ? caught.message : String(caught));
  }
}

async function inTime(contender: Contender): Promise<number> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([contender.measure(), late]);
  } finally {
    clearTimeout(timer);
  }
}
