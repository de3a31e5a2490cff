import type { Deadline } from '../values/deadline.js';
import type { Fault } from '../values/fault.js';
import { wrong } from '../values/wrong.js';
import { demandPlain } from '../options/parse-options.js';
import type { EventShape } from '../streams/event.js';
import { covers, type KeyedRow, type Projection } from './projection.js';
import type { RowsAt } from './read-model-store.js';
import type { FreshRows } from './running.js';
import type { TimedReadModel } from './timed-read-model.js';
import {
  isPlaceholder,
  OTHER_PROGRAM,
  type Placeholder,
  UNREADABLE,
  UnreadableRow,
  type UnreadablePage,
} from './unreadable-row.js';

const NONE: ReadonlyMap<string, Fault> = new Map();
const PAGE_SIZE = 1000;
const KINDS: ReadonlySet<unknown> = new Set(['any', 'written-by-newer-program', 'unreadable-event', 'stray-stream']);

/**
 * The stored rows of a projection, told apart from the placeholders of those that can't be read. A placeholder is
 * outdated when an older version of the program wrote it and this one can read the row: it is reported, so that the
 * rows are rebuilt, and until then its row is unreadable.
 */
export class StoredRows<Event extends EventShape, Row> {
  readonly #model: TimedReadModel<Row | Placeholder>;
  readonly #projection: Projection<Event, Row>;
  readonly #onOutdated: () => void;

  constructor(model: TimedReadModel<Row | Placeholder>, projection: Projection<Event, Row>, onOutdated: () => void) {
    this.#model = model;
    this.#projection = projection;
    this.#onOutdated = onOutdated;
  }

  /** The rows under these keys, and which of them can't be read here. */
  async read(keys: readonly string[], deadline: Deadline): Promise<FreshRows<Row>> {
    const { rows: stored, ...at } = await this.#model.read(keys, deadline);
    if (areReadable(stored)) return { ...at, rows: stored, unreadable: NONE };
    const [rows, unreadable] = [new Map<string, Row>(), new Map<string, Fault>()];
    for (const [key, row] of stored) {
      if (!isPlaceholder(row)) rows.set(key, row);
      else unreadable.set(key, (row instanceof UnreadableRow ? this.#checked(row) : row).fault());
    }
    return { ...at, rows, unreadable };
  }

  /** The placeholders of rows that this program can't read: of one kind, or all. */
  async unreadable(
    wanted: UnreadablePage | undefined,
    deadline: Deadline,
  ): Promise<RowsAt<readonly KeyedRow<UnreadableRow>[]>> {
    demandPlain(wanted, 'unreadable');
    const { kind = 'any', ...page } = wanted ?? {};
    if (!KINDS.has(kind)) throw wrong('kind', [...KINDS].join(', '), kind);
    const { rows, ...at } = await this.#model.query({ index: UNREADABLE, value: kind, ...page }, deadline);
    return { ...at, rows: rows.filter(isUnreadable) };
  }

  /** Reports an outdated placeholder if there is one. */
  async lookForOutdated(deadline: Deadline): Promise<void> {
    for (let after: string | undefined; ;) {
      const page = { index: UNREADABLE, value: OTHER_PROGRAM, limit: PAGE_SIZE };
      const { rows } = await this.#model.query(after === undefined ? page : { ...page, afterKey: after }, deadline);
      if (rows.some(({ row }) => row instanceof UnreadableRow && this.#isOutdated(row))) return this.#onOutdated();
      if (rows.length < PAGE_SIZE) return;
      after = rows.at(-1)?.key;
    }
  }

  #checked(row: UnreadableRow): UnreadableRow {
    if (this.#isOutdated(row)) this.#onOutdated();
    return row;
  }

  #isOutdated({ kind, facts: { streamId, type, schemaVersion } }: UnreadableRow): boolean {
    if (kind === 'stray-stream') return covers(this.#projection, streamId);
    return kind === 'written-by-newer-program' && this.#projection.events.reads?.(type, schemaVersion) === true;
  }
}

function areReadable<Row>(rows: ReadonlyMap<string, Row | Placeholder>): rows is ReadonlyMap<string, Row> {
  for (const row of rows.values()) if (isPlaceholder(row)) return false;
  return true;
}

function isUnreadable<Row>(found: KeyedRow<Row | Placeholder>): found is KeyedRow<UnreadableRow> {
  return found.row instanceof UnreadableRow;
}
