import type { Deadline, WaitOptions } from '../deadline.js';
import { Fault } from '../fault.js';
import type { EventStore } from '../streams/event-store.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import { ordinalOf, START, type Position } from '../streams/position.js';
import type { TimedReadModel } from './timed-read-model.js';

/**
 * A store's answer to one question: where its head is, and whether a read model's checkpoint is an event of its log
 * (docs/guarantees.md#reading). It holds for the time the question was sent, or a later one.
 */
export interface HeadProof {
  /** When the question was sent, by `performance.now()`. */
  readonly askedAt: number;
  /** The end of the last whole append, as the leader knows it; `START` for an empty store. */
  readonly head: Position;
  /** The checkpoint in the question. */
  readonly checkpoint: Position;
  /** Whether the log holds the event at the checkpoint. It always holds `START`. */
  readonly isInLog: boolean;
}

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

/** The fault for rows that are `lost`. */
export function lostCheckpoint({
  checkpoint,
  head,
}: Pick<HeadProof, 'checkpoint' | 'head'>): Fault<'position-unknown'> {
  return new Fault('position-unknown', { position: checkpoint, head });
}

/** Asks a store for a proof, in one round trip where the store supports it. */
export async function proofOf(
  store: Pick<EventStore, 'head' | 'knows' | 'proveHead'>,
  checkpoint: Position,
  wait?: WaitOptions,
): Promise<HeadProof> {
  if (store.proveHead !== undefined) return store.proveHead(checkpoint, wait);
  const askedAt = performance.now();
  const head = await store.head(wait);
  const isInLog = checkpoint === START || checkpoint === head || (await store.knows(checkpoint, wait));
  return { askedAt, head, checkpoint, isInLog };
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
