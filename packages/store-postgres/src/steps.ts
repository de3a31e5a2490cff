import type { Position } from '@login-policy/event-sourcing';
import {
  Fault,
  type Found,
  type ModelId,
  type ModelPlan,
  type Plan,
  type Question,
} from '@login-policy/event-sourcing/store';
import { positionIn } from './positions.js';
import { arrayOf, type Cell } from './queries.js';
import { STEPS_LOST, stepColumns } from './row-changes.js';
import type { Schema } from './schema.js';
import { callIn, type OpenTransaction } from './transaction.js';

/** A step of a read model: its rows, and what the server compares. */
export interface Step {
  readonly model: ModelPlan;
  /** The checkpoint before the step. */
  readonly expected: Position | undefined;
  /** Events that must be in the log. */
  readonly basedOn?: readonly Position[] | undefined;
  /** For a rebuild: how many steps were taken before. */
  readonly earlierSteps?: number | undefined;
}

/** A refused step, with the read model's checkpoint or the reason. */
interface RefusedStep {
  readonly step: Step;
  readonly why: string;
}

/** Takes the steps of read models in plans. */
export class Steps {
  /** The statement for {@link stepValues}. */
  readonly call: string;
  /** How many steps each shadow that is filled here has taken. */
  readonly #stepCounts = new Map<ModelId, number>();

  constructor({ quoted }: Schema) {
    const parameters = Array.from({ length: 10 }, (_, at) => `$${at + 1}`).join(', ');
    this.call = `SELECT ${quoted}.advance_read_model_v13(${parameters})`;
  }

  /** Begins to count the steps of a shadow. */
  begun(shadow: ModelId): void {
    this.#stepCounts.set(shadow, 0);
  }

  /** Records a written step. */
  taken({ model: { id }, earlierSteps }: Step): void {
    if (earlierSteps !== undefined) this.#stepCounts.set(id, earlierSteps + 1);
  }

  /**
   * The read models that must be at a checkpoint before a plan's appends. Only the steps of shadows are counted, because
   * other processes also step a promoted one.
   */
  of(
    { appends, inline, models }: Plan,
    { found, question }: { readonly found?: Found; readonly question: Question },
  ): readonly Step[] {
    const shadows = question.models.map(({ target }) => target.shadow);
    const isStep = ({ id, checkpoint }: Plan['models'][number]): boolean =>
      checkpoint !== undefined && (appends.length === 0 || inline.includes(id));
    return models.filter(isStep).map((model) => {
      const before = found === undefined ? undefined : [...found.models.values()].find(({ id }) => id === model.id);
      const { checkpoint: expected } = model.expected ?? before ?? {};
      const earlierSteps = shadows.includes(model.id) ? this.#stepCounts.get(model.id) : undefined;
      return { model, expected, basedOn: question.events, earlierSteps };
    });
  }

  /** All or none: the next plan must not find rows of a plan that was given up. */
  async take(open: OpenTransaction, steps: readonly Step[]): Promise<RefusedStep | undefined> {
    if (steps.length > 0) await open.client.query('SAVEPOINT login_policy_steps');
    for (const step of steps) {
      const why = await this.#step(open, step);
      if (why === null) continue;
      await open.client.query('ROLLBACK TO SAVEPOINT login_policy_steps');
      return { step, why };
    }
    for (const step of steps) this.taken(step);
    return undefined;
  }

  async #step(open: OpenTransaction, step: Step): Promise<Cell> {
    const [[refused = null] = []] = await callIn(open, this.call, stepValues(step));
    return refused;
  }
}

/** The arguments of `advance_read_model_v13`. */
export function stepValues({ model, expected, basedOn = [], earlierSteps }: Step): readonly Cell[] {
  return [
    model.id,
    expected?.toString() ?? null,
    model.checkpoint?.toString() ?? null,
    ...stepColumns(model.rows),
    arrayOf(basedOn),
    earlierSteps?.toString() ?? null,
  ];
}

/** The fault of a refused step. */
export function stepRefusal(refused: string, { expected }: Step, { store, name }: Refused): Error {
  // A retry succeeds: the missing steps were on a server that is gone.
  if (refused === STEPS_LOST)
    return new Fault('store-unavailable', {
      store,
      problem: `a server took over that does not have all of the rebuild of ${name}`,
    });
  return new Fault('checkpoint-conflict', { model: name, expected, actual: positionIn(refused) });
}

/** The facts of the fault. */
interface Refused {
  readonly store: string;
  /** The read model's name. */
  readonly name: string;
}
