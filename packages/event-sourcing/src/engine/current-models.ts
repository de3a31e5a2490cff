import { MOST_BEHIND } from '../projections/read-model-store.js';
import { reducePage, unknownKeys } from '../projections/reduce-page.js';
import type { RecordedEvent } from '../streams/event.js';
import { ordinalOf, START, type Position } from '../streams/position.js';
import { encodedRows, type EncodedRow } from '../store/stored-row.js';
import type { OpenedModel } from './opened-model.js';
import type { CurrentModel, StoredForm } from './plan-appends.js';
import type { RowReader } from './row-reader.js';
import { targetName, type Found, type FoundModel, type ModelQuestion, type ModelTarget } from './view.js';

/** A read model to catch up to the head. */
export interface CatchUp {
  readonly opened: OpenedModel;
  readonly target: ModelTarget;
  readonly reader: RowReader;
  readonly form: StoredForm;
  /** Rows newer than the stored ones, with their checkpoint. They are read instead of the stored ones. */
  readonly overlay?: { readonly checkpoint: Position; readonly rows: ReadonlyMap<string, unknown> };
}

/** The outcome of catching up: at the head, or a look-up is needed first, or it stays behind. */
export type CaughtUp =
  | { readonly kind: 'current'; readonly model: CurrentModel }
  | { readonly kind: 'look'; readonly question: ModelQuestion }
  | { readonly kind: 'lagging' };

const LAGGING: CaughtUp = { kind: 'lagging' };

/**
 * Catches a read model up, if it is at most {@link MOST_BEHIND} events behind and all of them can be reduced. Otherwise
 * it stays behind (`lagging`) and its runner catches it up, which also reports the reason to readers.
 */
export function catchUpToHead(found: Found, catchUp: CatchUp): CaughtUp {
  const model = found.models.get(targetName(catchUp.target));
  if (model === undefined) return LAGGING;
  const reached = catchUp.overlay?.checkpoint ?? model.checkpoint ?? START;
  if (reached === found.head) return current(model, catchUp, undefined);
  const behind = ordinalOf(found.head) - ordinalOf(reached);
  if (behind <= 0n || behind > MOST_BEHIND) return LAGGING;
  return throughEvents(found, model, { ...catchUp, reached });
}

function throughEvents(found: Found, model: FoundModel, catchUp: CatchUp & { readonly reached: Position }): CaughtUp {
  const { opened, target, overlay, reached } = catchUp;
  const { filter } = opened.projection;
  if (model.unprocessed === undefined) {
    return {
      kind: 'look',
      question: { target, keys: [], unprocessed: { after: reached, filter, pageSize: MOST_BEHIND } },
    };
  }
  const { events, scannedUpTo } = model.unprocessed;
  // The page ended before an unreadable event.
  if (scannedUpTo !== found.head) return LAGGING;
  const keys = unknownKeys(opened.projection, events, new Map([...model.rows, ...(overlay?.rows ?? [])]));
  if (keys.length > 0) return { kind: 'look', question: { target, keys } };
  const rows = reduced(events, model, catchUp);
  return rows === undefined ? LAGGING : current(model, catchUp, rows);
}

/** `undefined` when an event or a row can't be read, reduced or encoded. */
function reduced(
  events: readonly RecordedEvent[],
  model: FoundModel,
  { opened, reader, form, overlay }: CatchUp,
): readonly EncodedRow<unknown>[] | undefined {
  const stored = (key: string): { row: unknown } | undefined =>
    model.rows.has(key) ? { row: reader.read(key, model.rows.get(key)) } : undefined;
  try {
    const { rows, stopped } = reducePage(opened.projection, events, (key) =>
      overlay?.rows.has(key) === true ? overlay.rows.get(key) : stored(key)?.row,
    );
    if (stopped !== undefined) return undefined;
    return encodedRows(opened.projection, rows, { before: overlay === undefined ? stored : undefined, form });
  } catch {
    return undefined;
  }
}

function current(
  { id, rows }: FoundModel,
  { opened, reader }: CatchUp,
  catchUpRows: readonly EncodedRow<unknown>[] | undefined,
): CaughtUp {
  // Decoded when an append changes the row, so that an unreadable row refuses only that append.
  const known = (key: string): { readonly row: unknown } | undefined =>
    rows.has(key) ? { row: reader.read(key, rows.get(key)) } : undefined;
  return { kind: 'current', model: { opened, id, known, catchUpRows } };
}
