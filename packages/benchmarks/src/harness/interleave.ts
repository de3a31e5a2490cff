import type { Contender, Figure } from './row.js';

/** The figures of one contender, and what it said each time it failed. */
export interface Measured {
  readonly name: string;
  readonly how: string;
  readonly figures: readonly Figure[];
  readonly failures: readonly string[];
}

interface Running {
  readonly contender: Contender;
  readonly figures: Figure[];
  readonly failures: string[];
}

/** One that failed so often is not asked again. */
const GIVEN_UP_AFTER = 2;

const PATIENCE_MS = 120_000;

/**
 * Measures all contenders in turns, so that a machine that is slow for a while is slow for each of them; another one
 * begins in each round, so that none always comes after the same. What one says when it fails is kept.
 *
 * No garbage collection is forced between turns: that throws away compiled code too, and slows a rebuild by half.
 */
export async function interleave(
  contenders: readonly Contender[],
  { repetitions, warmUps }: { readonly repetitions: number; readonly warmUps: number },
): Promise<readonly Measured[]> {
  const running = contenders.map((contender): Running => ({ contender, figures: [], failures: [] }));
  for (let round = 0; round < warmUps + repetitions; round++) {
    const first = round % running.length;
    for (const one of [...running.slice(first), ...running.slice(0, first)]) {
      if (one.failures.length < GIVEN_UP_AFTER) await takeTurn(one, round >= warmUps);
    }
  }
  return running.map(({ contender: { name, how }, figures, failures }) => ({ name, how, figures, failures }));
}

async function takeTurn({ contender, figures, failures }: Running, counts: boolean): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s`)), PATIENCE_MS);
  });
  try {
    const figure = await Promise.race([contender.measure(), late]);
    if (counts) figures.push(figure);
  } catch (caught) {
    failures.push(caught instanceof Error ? caught.message : String(caught));
  } finally {
    clearTimeout(timer);
  }
}
