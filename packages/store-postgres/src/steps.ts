import { START, type Position } from '@login-policy/event-sourcing';
import {
  PositionUnknown,
  CheckpointConflict,
  modelName,
  RebuildSuperseded,
  StoreUnavailable,
  type AnyProjection,
  type EncodedRow,
} from '@login-policy/event-sourcing/store';
import { positionIn } from './positions.js';
import { arrayOf, type Answering, type Cell } from './queries.js';
import { REPLACED, SLICES_LOST, stepColumns, UNKNOWN } from './row-changes.js';
import type { Schema } from './schema.js';

/** A step of a read model. */
export interface Step {
  readonly expected: Position | undefined;
  readonly checkpoint: Position;
  readonly rows: readonly EncodedRow<unknown>[];
  /** Events that have to be in the log for it. */
  readonly standsOn?: readonly Position[];
}

/** The parameters of `take_step_v10` behind the number of the rows. */
export const STEP_PARAMETERS = '$2, $3, $4, $5, $6, $7, $8, $9, $10';

/** The arguments for {@link STEP_PARAMETERS}: of a rebuild with the number of slices that were written before. */
export function stepValues({ expected, checkpoint, rows, standsOn = [] }: Step, slices?: number): readonly Cell[] {
  return [
    expected?.toString() ?? null,
    checkpoint.toString(),
    ...stepColumns(rows),
    arrayOf(standsOn),
    slices?.toString() ?? null,
  ];
}

/** Takes it of the rows of a number, or answers where the read model is instead, or why not. */
export async function takeStep(
  turn: Answering,
  { quoted }: Schema,
  { model, slices, ...step }: Step & { readonly model: string; readonly slices?: number },
): Promise<string | null> {
  const values = [model, ...stepValues(step, slices)];
  const [refused] = await turn.read(`SELECT ${quoted}.take_step_v10($1, ${STEP_PARAMETERS})`, values);
  return refused?.[0] ?? null;
}

/** What a step was refused with, as a fault. */
export function stepRefusal(
  refused: string,
  { expected, checkpoint, projection, store }: Omit<Step, 'rows'> & { projection: AnyProjection; store: string },
): Error {
  const model = modelName(projection);
  if (refused === REPLACED) return new RebuildSuperseded({ model });
  if (refused === UNKNOWN) return new PositionUnknown({ position: checkpoint, head: START });
  // Begun again, it succeeds: the slices were of a server that is gone.
  if (refused === SLICES_LOST)
    return new StoreUnavailable({
      store,
      problem: `a server took over that does not have all of the rebuild of ${model}`,
    });
  return new CheckpointConflict({ model, expected, actual: positionIn(refused) });
}
