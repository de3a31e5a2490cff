import { Fault, type Position } from '@login-policy/event-sourcing';
import type { Plan, Question } from '@login-policy/event-sourcing/store';
import { positionIn } from './positions.js';
import { arrayOf, type Cell } from './queries.js';
import { STEPS_LOST, stepColumns } from './row-changes.js';
import type { Schema } from './schema.js';
import { callIn, type OpenTransaction } from './transaction.js';

/** A step of a read model: its rows, and what the server compares. */
export interface Step {
  readonly model: Plan['models'][number];
  /** Events that must be in the log. */
  readonly basedOn?: readonly Position[] | undefined;
  /** For a rebuild: how many steps were taken before. */
  readonly earlierSteps?: number | undefined;
}

/** A refused step. */
interface RefusedStep {
  readonly step: Step;
  /** The result of `advance_read_model`. */
  readonly reason: string;
}

/** Takes the steps of read models in plans. */
export class Steps {
  /** The statement for {@link stepValues}. */
  readonly call: string;
  /** How many steps this process has taken of each shadow. */
  readonly #stepCounts = new Map<string, number>();

  constructor({ quoted }: Schema) {
    const parameters = Array.from({ length: 10 }, (_, at) => `$${at + 1}`).join(', ');
    this.call = `SELECT ${quoted}.advance_read_model(${parameters})`;
  }

  /** Begins to count the steps of a shadow. */
  startCounting(shadow: string): void {
    this.#stepCounts.set(shadow, 0);
  }

  /** Counts a step that was written. */
  noteTaken({ model: { id }, earlierSteps }: Step): void {
    if (earlierSteps !== undefined) this.#stepCounts.set(id, earlierSteps + 1);
  }

  /**
   * The steps of a plan without appends. Only the steps of shadows are counted, because other processes take steps of a
   * promoted read model, too.
   */
  stepsOf({ appends, models }: Plan, question: Question): readonly Step[] {
    if (appends.length > 0) return [];
    const shadows = question.models.map(({ target }) => target.shadow);
    return models.map((model) => {
      const earlierSteps = shadows.includes(model.id) ? this.#stepCounts.get(model.id) : undefined;
      return { model, basedOn: question.events, earlierSteps };
    });
  }

  /** Takes all steps or none, because the next plan must not find rows of a refused one. */
  async takeAll(open: OpenTransaction, steps: readonly Step[]): Promise<RefusedStep | undefined> {
    if (steps.length > 0) await open.client.query('SAVEPOINT login_policy_steps');
    for (const step of steps) {
      const reason = await this.#step(open, step);
      if (reason === null) continue;
      await open.client.query('ROLLBACK TO SAVEPOINT login_policy_steps');
      return { step, reason };
    }
    for (const step of steps) this.noteTaken(step);
    return undefined;
  }

  async #step(open: OpenTransaction, step: Step): Promise<Cell> {
    const [[refused = null] = []] = await callIn(open, this.call, stepValues(step));
    return refused;
  }
}

/** The arguments of `advance_read_model`. */
export function stepValues({ model, basedOn = [], earlierSteps }: Step): readonly Cell[] {
  return [
    model.id,
    model.expected?.toString() ?? null,
    model.checkpoint.toString(),
    ...stepColumns(model.rows),
    arrayOf(basedOn),
    earlierSteps?.toString() ?? null,
  ];
}

/** The fault of a refused step. */
export function stepRefusal(refused: string, { model }: Step, { store, name }: RefusalFacts): Error {
  // Unavailable, because a new rebuild succeeds: a failover has lost some steps of this one.
  if (refused === STEPS_LOST)
    return new Fault('store-unavailable', {
      store,
      problem: `a failover has lost a part of the rebuild of ${name}`,
    });
  return new Fault('checkpoint-conflict', { model: name, expected: model.expected, actual: positionIn(refused) });
}

/** The facts of the fault. */
interface RefusalFacts {
  readonly store: string;
  /** The read model's name. */
  readonly name: string;
}
