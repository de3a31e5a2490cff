import type { Rollout, RolloutStep } from '@login-policy/domain';
import type { PageOptions } from '@login-policy/domain/model';
import type { StepJson } from './answers.js';
import { accepted } from './accepted.js';
import type { RolloutRun } from './policies.js';

/** A rollout that this process carries out. */
export function rolloutInStore(rollout: Rollout): RolloutRun {
  return {
    async *plan() {
      let next: PageOptions | undefined = { limit: 1000 };
      while (next !== undefined) {
        const page: Planned = accepted(await rollout.plan(next));
        yield page.steps.map(stepJson);
        next = page.next === undefined ? undefined : { limit: 1000, after: page.next };
      }
    },
    carryOut: (signal) => rollout.carryOut({ signal }),
    async report() {
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
  return step.outcome === 'would-be-refused' ? { ...step.refusal, outcome: step.outcome } : step;
}
