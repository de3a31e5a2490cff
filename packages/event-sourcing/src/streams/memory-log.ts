import { PositionUnknown } from '../faults.js';
import type { RecordedEvent } from './event.js';
import { placeIn, START, type Position } from './position.js';

/** Whether the event that a position stands for is in a log; `START` always is. */
export function holds(log: readonly RecordedEvent[], position: Position): boolean {
  return position === START || log[Number(placeIn(position)) - 1]?.position === position;
}

/** Nothing is demanded where there is no log. @throws PositionUnknown for the first position that is not in it. */
export function demandAll(log: readonly RecordedEvent[] | undefined, positions: readonly Position[] = []): void {
  const unknown = log === undefined ? undefined : positions.find((position) => !holds(log, position));
  if (unknown !== undefined) throw new PositionUnknown({ position: unknown, head: log?.at(-1)?.position ?? START });
}
