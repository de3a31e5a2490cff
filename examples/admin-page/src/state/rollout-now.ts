import { signal, type Signal } from '@preact/signals';
import type { Plan, Progress, RolloutRefusal, Standing } from '../wire/rollout.js';
import type { Deed, Task } from '../wire/task.js';

/** The progress of a rollout. */
export type Phase = 'planning' | 'planned' | 'running' | 'reverting' | 'stopped' | 'done' | 'reverted';

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
  /** Its plan, if one was made, and the number of organization changes seen at that time. */
  readonly plan?: Plan & { readonly readAt: string; readonly changes: number };
  readonly progress?: Progress;
  readonly refused: readonly RolloutRefusal[];
  /** Its status according to its events, and when that was read. */
  readonly standing?: Standing & { readonly readAt: string };
  /** The error, as a sentence. */
  readonly failure?: string;
}

/** The rollout that was begun or looked up on this page. It goes on while another view is open. */
export const rolloutNow: Signal<Rollout | undefined> = signal(undefined);
