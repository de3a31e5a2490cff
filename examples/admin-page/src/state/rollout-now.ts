import { signal, type Signal } from '@preact/signals';
import type { Plan, RolloutRefusal } from '../wire/plan.js';
import type { Progress, Standing } from '../wire/rollout.js';
import type { Deed, Task } from '../wire/task.js';
import type { ChangeMark } from './changed-since.js';

/** The progress of a rollout. */
export type Phase = 'planning' | 'planned' | 'running' | 'reverting' | 'stopped' | 'done' | 'reverted';

/** A plan as it was shown. */
export interface ShownPlan extends Plan {
  readonly readAt: string;
  /** The number of organization changes seen when it was made. */
  readonly changes: number;
  /** The newest change of any policy when it was made. */
  readonly mark: ChangeMark;
  /** What it means for the signed-in user; `undefined` if it does not reach them. */
  readonly you: string | undefined;
}

/** A rollout, as far as this page has followed it. */
export interface Rollout {
  readonly id: string;
  /**
   * The change and the policies it is for; `undefined` if neither the address nor the server has all of it. Then it
   * can't be resumed.
   */
  readonly task: Task | undefined;
  readonly deed: Deed | undefined;
  readonly phase: Phase;
  /** Its plan, if one was made; once it has begun, of what was left of it then. */
  readonly plan?: ShownPlan;
  /** The plan before, when it was planned again because policies were changed. */
  readonly planBefore?: ShownPlan | undefined;
  /** The reason that was given when it was carried out. */
  readonly reason?: string;
  readonly progress?: Progress;
  readonly refused: readonly RolloutRefusal[];
  /** Its status according to its events, and when that was read. */
  readonly standing?: Standing & { readonly readAt: string };
  /** The error, as a sentence. */
  readonly failure?: string;
  /** Whether it was refused because others have to approve it. */
  readonly needsOthers?: boolean;
}

/** The rollout that was begun or looked up on this page. It goes on while another view is open. */
export const rolloutNow: Signal<Rollout | undefined> = signal(undefined);
