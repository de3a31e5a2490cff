import { MOST_BEHIND } from '../projections/read-model-store.js';
import { reducePage, unknownKeys } from '../projections/reduce-page.js';
import type { RecordedEvent } from '../streams/event.js';
import { placeIn, START, type Position } from '../streams/position.js';
import { encodedRows, type EncodedRow } from '../store/stored-row.js';
import type { OpenedModel } from './opened-model.js';
import type { CurrentModel, StoredForm } from './plan-appends.js';
import type { RowReader } from './row-reader.js';
import { targetName, type Found, type FoundModel, type ModelQuestion, type ModelTarget } from './view.js';

/** A read model to catch up to the head. */
export interface Bringing {
  readonly opened: OpenedModel;
  readonly target: ModelTarget;
  readonly reader: RowReader;
  readonly form: StoredForm;
  /** Rows newer than the stored ones, with their checkpoint. */
  readonly over?: { readonly checkpoint: Position; readonly rows: ReadonlyMap<string, unknown> };
}

/** The outcome of catching up: at the head, or a look-up is needed first, or left behind. */
export type Brought =
  | { readonly kind: 'current'; readonly model: CurrentModel }
  | { readonly kind: 'look'; readonly question: ModelQuestion }
  | { readonly kind: 'left' };

const LEFT: Brought = { kind: 'left' };

/**
 * Catches a read model up, if it is at most {@link MOST_BEHIND} events behind and all of them can be reduced. Otherwise
 * it is left to its runner, which also reports the reason to readers.
 */
export function broughtToHead(found: Found, bringing: Bringing): Brought {
  const model = found.models.get(targetName(bringing.target));
  if (model === undefined) return LEFT;
  const reached = bringing.over?.checkpoint ?? model.checkpoint ?? START;
  if (reached === found.head) return current(model, bringing, undefined);
  const behind = placeIn(found.head) - placeIn(reached);
  if (behind <= 0n || behind > MOST_BEHIND) return LEFT;
  return throughEvents(found, model, { ...bringing, reached });
}

function throughEvents(found: Found, model: FoundModel, bringing: Bringing & { readonly reached: Position }): Brought {
  const { opened, target, over, reached } = bringing;
  const { filter } = opened.projection;
  if (model.behind === undefined) {
    return { kind: 'look', question: { target, keys: [], behind: { after: reached, filter, pageSize: MOST_BEHIND } } };
  }
  const { events, considered } = model.behind;
  // The page ended before an unreadable event.
  if (considered !== found.head) return LEFT;
  const keys = unknownKeys(opened.projection, events, new Map([...model.rows, ...(over?.rows ?? [])]));
  if (keys.length > 0) return { kind: 'look', question: { target, keys } };
  const rows = reduced(events, model, bringing);
  return rows === undefined ? LEFT : current(model, bringing, rows);
}

/** `undefined` when an event or a row can't be read, reduced or encoded. */
function reduced(
  events: readonly RecordedEvent[],
  model: FoundModel,
  { opened, reader, form, over }: Bringing,
): readonly EncodedRow<unknown>[] | undefined {
  const stored = (key: string): { row: unknown } | undefined =>
    model.rows.has(key) ? { row: reader.read(key, model.rows.get(key)) } : undefined;
  try {
    const { rows, stopped } = reducePage(opened.projection, events, (key) =>
      over?.rows.has(key) === true ? over.rows.get(key) : stored(key)?.row,
    );
    if (stopped !== undefined) return undefined;
    return encodedRows(opened.projection, rows, { before: over === undefined ? stored : undefined, form });
  } catch {
    return undefined;
  }
}

function current(
  { id, rows }: FoundModel,
  { opened, reader }: Bringing,
  brought: readonly EncodedRow<unknown>[] | undefined,
): Brought {
  // Decoded when an append changes the row, so that an unreadable row refuses only that append.
  const known = (key: string): { readonly row: unknown } | undefined =>
    rows.has(key) ? { row: reader.read(key, rows.get(key)) } : undefined;
  return { kind: 'current', model: { opened, id, known, brought } };
}
