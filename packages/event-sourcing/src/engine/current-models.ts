import { MOST_BEHIND } from '../projections/read-model-store.js';
import { reducePage, unknownKeys } from '../projections/reduce-page.js';
import type { RecordedEvent } from '../streams/event.js';
import { ordinalOf, START, type Position } from '../streams/position.js';
import { encodedRows, type EncodedRow } from '../store/stored-row.js';
import type { OpenedModel } from './opened-model.js';
import type { CurrentModel } from './plan-appends.js';
import { modelIn, type Found, type FoundModel, type ModelQuestion } from './view.js';

/** Rows that the plan writes, with their checkpoint. They are newer than the stored rows and used in their place. */
export interface NotStored {
  readonly checkpoint: Position;
  readonly rows: ReadonlyMap<string, unknown>;
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
export function catchUpToHead(found: Found, opened: OpenedModel, notStored?: NotStored): CaughtUp {
  const model = modelIn(found, opened.target);
  if (model === undefined) return LAGGING;
  const reached = notStored?.checkpoint ?? model.checkpoint ?? START;
  if (reached === found.head) return current(model, opened, undefined);
  const behind = ordinalOf(found.head) - ordinalOf(reached);
  if (behind <= 0n || behind > MOST_BEHIND) return LAGGING;
  return reduceUnprocessed(found, model, { opened, notStored, reached });
}

/** Reduces the events after the checkpoint, once they and the rows that they change were looked up. */
function reduceUnprocessed(
  found: Found,
  model: FoundModel,
  { opened, notStored, reached }: { opened: OpenedModel; notStored: NotStored | undefined; reached: Position },
): CaughtUp {
  const { projection, target } = opened;
  const { filter } = projection;
  if (model.unprocessed === undefined) {
    return {
      kind: 'look-up-needed',
      question: { target, keys: [], unprocessed: { after: reached, filter, pageSize: MOST_BEHIND } },
    };
  }
  const { events, scannedUpTo } = model.unprocessed;
  // The page ended before an unreadable event.
  if (scannedUpTo !== found.head) return LAGGING;
  const keys = unknownKeys(projection, events, new Map([...model.rows, ...(notStored?.rows ?? [])]));
  if (keys.length > 0) return { kind: 'look-up-needed', question: { target, keys } };
  const rows = reduceEvents(events, storedRowsOf(model, opened), { opened, notStored });
  return rows === undefined ? LAGGING : current(model, opened, rows);
}

/** The rows after the events; `undefined` when an event or a row can't be read, reduced or encoded. */
function reduceEvents(
  events: readonly RecordedEvent[],
  stored: CurrentModel['storedRow'],
  { opened: { projection, decoder }, notStored }: { opened: OpenedModel; notStored: NotStored | undefined },
): readonly EncodedRow<unknown>[] | undefined {
  try {
    const { rows, stopped } = reducePage(projection, events, (key) =>
      notStored?.rows.has(key) === true ? notStored.rows.get(key) : stored(key)?.row,
    );
    if (stopped !== undefined) return undefined;
    return encodedRows(projection, rows, {
      stored: notStored === undefined ? stored : undefined,
      form: decoder.form,
    });
  } catch {
    return undefined;
  }
}

function current(
  model: FoundModel,
  opened: OpenedModel,
  catchUpRows: readonly EncodedRow<unknown>[] | undefined,
): CaughtUp {
  return { kind: 'current', model: { opened, id: model.id, storedRow: storedRowsOf(model, opened), catchUpRows } };
}

/** Decodes each row when it is needed, so that an unreadable row refuses only the append that changes it. */
function storedRowsOf({ rows }: FoundModel, { decoder }: OpenedModel): CurrentModel['storedRow'] {
  return (key) => (rows.has(key) ? { row: decoder.decode(key, rows.get(key)) } : undefined);
}
