import type { PageOptions } from '@login-policy/domain/model';
import type { Rollout, RolloutStep } from '@login-policy/domain/rollout';
import type { StepJson } from './answers.js';
import { accepted } from './accepted.js';
import type { RolloutRun } from './policies.js';

/** A rollout that this process carries out, once the rows are up to date. */
export function rolloutInStore(
  rollOut: (bound: { readonly ifSeen?: readonly string[] }) => Rollout,
  rows: () => Promise<void>,
): RolloutRun {
  const rollout = rollOut({});
  return {
    async *plan() {
      await rows();
      let next: PageOptions | undefined = { limit: 1000 };
      while (next !== undefined) {
        const page: Planned = accepted(await rollout.plan(next));
        yield page.steps.map(stepJson);
        next = page.next === undefined ? undefined : { limit: 1000, after: page.next };
      }
    },
    async *carryOut(ifSeen, signal) {
      await rows();
      yield* rollOut({ ifSeen }).carryOut({ signal });
    },
    async report() {
      await rows();
      const { changed, pending, refused, stillAllowing, unchanged } = accepted(await rollout.report());
      return { changed, unchanged, pending, refused, ...(stillAllowing !== undefined && { stillAllowing }) };
    },
  };
}

interface Planned {
  readonly steps: readonly RolloutStep[];
  readonly next: string | undefined;
}

function stepJson(step: RolloutStep): StepJson {
  if (step.outcome !== 'would-be-refused') return step;
  const { refusal, ...others } = step;
  return { ...refusal, ...others };
}
