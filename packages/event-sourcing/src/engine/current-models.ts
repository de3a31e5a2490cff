import { MOST_BEHIND } from '../projections/read-model-store.js';
import { reducePage, unknownKeys } from '../projections/reduce-page.js';
import type { RecordedEvent } from '../streams/event.js';
import { ordinalOf, START, type Position } from '../streams/position.js';
import { encodedRows, type EncodedRow } from '../store/stored-row.js';
import type { InlineModel } from './inline-models.js';
import type { CurrentModel } from './plan-appends.js';
import type { RowDecoder } from './row-decoder.js';
import { modelIn, type Found, type FoundModel, type ModelQuestion } from './view.js';

/** A read model to catch up to the head. */
export interface CatchUp extends InlineModel {
  /** Rows that the plan writes, with their checkpoint. They are newer than the stored rows and used in their place. */
  readonly notStored?: { readonly checkpoint: Position; readonly rows: ReadonlyMap<string, unknown> };
}

/** The outcome of catching up: the read model is at the head, a look-up is needed first, or it stays behind. */
export type CaughtUp =
  | { readonly kind: 'current'; readonly model: CurrentModel }
  | { readonly kind: 'look-up-needed'; readonly question: ModelQuestion }
  | { readonly kind: 'lagging' };

const LAGGING: CaughtUp = { kind: 'lagging' };

/**
 * Catches a read model up, if it is at most {@link MOST_BEHIND} events behind and all of them can be reduced. Otherwise
 * it stays behind (`lagging`) and its runner catches it up, which also reports the reason to readers.
 */
export function catchUpToHead(found: Found, catchUp: CatchUp): CaughtUp {
  const model = modelIn(found, catchUp.target);
  if (model === undefined) return LAGGING;
  const reached = catchUp.notStored?.checkpoint ?? model.checkpoint ?? START;
  if (reached === found.head) return current(model, catchUp, undefined);
  const behind = ordinalOf(found.head) - ordinalOf(reached);
  if (behind <= 0n || behind > MOST_BEHIND) return LAGGING;
  return reduceUnprocessed(found, model, { ...catchUp, reached });
}

/** Reduces the events after the checkpoint, once they and the rows that they change were looked up. */
function reduceUnprocessed(
  found: Found,
  model: FoundModel,
  catchUp: CatchUp & { readonly reached: Position },
): CaughtUp {
  const { opened, target, notStored, reached } = catchUp;
  const { filter } = opened.projection;
  if (model.unprocessed === undefined) {
    return {
      kind: 'look-up-needed',
      question: { target, keys: [], unprocessed: { after: reached, filter, pageSize: MOST_BEHIND } },
    };
  }
  const { events, scannedUpTo } = model.unprocessed;
  // The page ended before an unreadable event.
  if (scannedUpTo !== found.head) return LAGGING;
  const keys = unknownKeys(opened.projection, events, new Map([...model.rows, ...(notStored?.rows ?? [])]));
  if (keys.length > 0) return { kind: 'look-up-needed', question: { target, keys } };
  const rows = reduceEvents(events, model, catchUp);
  return rows === undefined ? LAGGING : current(model, catchUp, rows);
}

/** The rows after the events; `undefined` when an event or a row can't be read, reduced or encoded. */
function reduceEvents(
  events: readonly RecordedEvent[],
  model: FoundModel,
  { opened, decoder, notStored }: CatchUp,
): readonly EncodedRow<unknown>[] | undefined {
  const stored = storedRowsOf(model, decoder);
  try {
    const { rows, stopped } = reducePage(opened.projection, events, (key) =>
      notStored?.rows.has(key) === true ? notStored.rows.get(key) : stored(key)?.row,
    );
    if (stopped !== undefined) return undefined;
    return encodedRows(opened.projection, rows, {
      stored: notStored === undefined ? stored : undefined,
      form: decoder.form,
    });
  } catch {
    return undefined;
  }
}

function current(
  model: FoundModel,
  { opened, decoder }: CatchUp,
  catchUpRows: readonly EncodedRow<unknown>[] | undefined,
): CaughtUp {
  const storedRow = storedRowsOf(model, decoder);
  return { kind: 'current', model: { opened, id: model.id, storedRow, catchUpRows } };
}

/** Decodes each row when it is needed, so that an unreadable row refuses only the append that changes it. */
function storedRowsOf({ rows }: FoundModel, decoder: RowDecoder): CurrentModel['storedRow'] {
  return (key) => (rows.has(key) ? { row: decoder.decode(key, rows.get(key)) } : undefined);
}
