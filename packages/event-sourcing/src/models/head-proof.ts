import type { Deadline } from '../values/deadline.js';
import { Fault } from '../values/fault.js';
import type { HeadProof } from '../streams/event-store.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import { ordinalOf, START, type Position } from '../values/position.js';
import type { RowsAt } from './read-model-store.js';
import type { TimedReadModel } from './timed-read-model.js';

/**
 * How rows relate to the log. `lost`: their checkpoint is not an event of the log, so they belong to another history
 * and are never fresh.
 */
export type Standing = 'at-head' | 'behind' | 'lost';

/** The standing of the rows a proof is about. */
export function standingBy({ checkpoint, head, isInLog }: HeadProof): Standing {
  if (!isInLog) return 'lost';
  return checkpoint >= head ? 'at-head' : 'behind';
}

/**
 * The standing when checkpoint and head were read in one transaction. The head is an event of the log, so nothing is
 * past it.
 */
export function standingInline(checkpoint: Position, head: Position): Standing {
  if (checkpoint === head) return 'at-head';
  const isBehind = ordinalOf(checkpoint) < ordinalOf(head);
  return isBehind ? 'behind' : 'lost';
}

/**
 * Whether inline rows that are opened are at the head of the log beside them.
 *
 * @throws StoreForeign when that log has no event: they were made from another one, which is elsewhere.
 */
export function areOpenedAtHead({ checkpoint = START, head }: RowsAt<unknown>, name: string): boolean {
  if (head === START && checkpoint !== START) {
    const problem = `it has no event, but rows of ${name}: it keeps the rows of a store that is elsewhere. Open that store`;
    throw new Fault('store-foreign', { store: 'this database', problem });
  }
  return head !== undefined && standingInline(checkpoint, head) === 'at-head';
}

/** The fault for rows that are `lost`. */
export function lostCheckpoint({
  checkpoint,
  head,
}: Pick<HeadProof, 'checkpoint' | 'head'>): Fault<'position-unknown'> {
  return new Fault('position-unknown', { position: checkpoint, head });
}

/** @throws PositionUnknown when the log does not hold the event at a checkpoint. */
export async function demandInLog(
  store: Pick<TimedEventStore, 'head' | 'knows'>,
  checkpoint: Position,
  deadline: Deadline,
): Promise<void> {
  if (await store.knows(checkpoint, deadline)) return;
  throw lostCheckpoint({ checkpoint, head: await store.head(deadline) });
}

/**
 * Whether the log was replaced during a step and the rows now belong to the new log: the next step continues from them.
 */
export async function areOfThisLog(
  rows: Pick<TimedReadModel<unknown>, 'checkpoint'>,
  store: TimedEventStore,
  deadline: Deadline,
): Promise<boolean> {
  const at = await rows.checkpoint(deadline).catch(() => undefined);
  return store.knows(at ?? START, deadline).catch(() => true);
}
