import type { Deadline, WaitOptions } from '../deadline.js';
import { PositionUnknown } from '../faults.js';
import type { EventStore } from '../streams/event-store.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import { placeIn, START, type Position } from '../streams/position.js';

/**
 * What a store answered to one question: where its head is, and whether a read model's checkpoint is an event of its log
 * (docs/guarantees.md#reading). It holds for the moment the question was sent, or a later one.
 */
export interface HeadProof {
  /** When the question was sent, by `performance.now()`. */
  readonly askedAt: number;
  /** The end of the last whole append, as the leader has it; `START` while there is none. */
  readonly head: Position;
  /** The checkpoint the store was asked about. */
  readonly checkpoint: Position;
  /** Whether the event that the checkpoint stands for is in the log. `START` always is. */
  readonly isInLog: boolean;
}

/** How rows stand to the log: `lost` when their checkpoint is not an event of it. They are of another history then, and never fresh. */
export type Standing = 'at-head' | 'behind' | 'lost';

/** What a proof says of the rows it was asked for. */
export function standingBy({ checkpoint, head, isInLog }: HeadProof): Standing {
  if (!isInLog) return 'lost';
  return checkpoint >= head ? 'at-head' : 'behind';
}

/** The same where checkpoint and head were read in one transaction of one place: the head is an event, so nothing lies beyond it. */
export function standingInStep(checkpoint: Position, head: Position): Standing {
  if (checkpoint === head) return 'at-head';
  const isBehind = placeIn(checkpoint) < placeIn(head);
  return isBehind ? 'behind' : 'lost';
}

/** What to reject with where rows are `lost`. */
export function lostCheckpoint({ checkpoint, head }: Pick<HeadProof, 'checkpoint' | 'head'>): PositionUnknown {
  return new PositionUnknown({ position: checkpoint, head });
}

/** Asks a store for a proof: in one round trip where it can do that. */
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

/** @throws PositionUnknown when the event a checkpoint stands for is not in the log. */
export async function demandInLog(
  store: Pick<TimedEventStore, 'head' | 'knows'>,
  checkpoint: Position,
  deadline: Deadline,
): Promise<void> {
  if (await store.knows(checkpoint, deadline)) return;
  throw lostCheckpoint({ checkpoint, head: await store.head(deadline) });
}
