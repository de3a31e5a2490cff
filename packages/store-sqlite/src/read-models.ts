import { PositionUnknown, type Position, type Projection } from '@login-policy/event-sourcing';
import {
  modelName,
  type EventShape,
  type KeyedRow,
  type ReadModel,
  type ReadModelChange,
  type ReadModelStore,
  type RebuildingModel,
  type RowQuery,
  type RowsAt,
  type WaitOptions,
  refuseOver,
  yieldToLoop,
} from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import type { Database } from './database.js';
import { InlineModel, type InlineModels } from './inline-models.js';
import type { LogReader } from './reads.js';
import type { ModelRows, ModelTables } from './model-tables.js';

const READING = 'reading a read model';
/** After so long a waiter looks again, whether or not anything was heard. */
const LOOKED_AGAIN_MS = 1000;

/** What the read models of a file share. */
interface Shared {
  readonly tables: ModelTables;
  readonly log: LogReader;
  readonly inline: InlineModels;
}

/** Read models in a SQLite file, beside the events or on their own. */
export class SqliteReadModelStore implements ReadModelStore {
  readonly #connection: Connection;
  readonly #shared: Shared;

  constructor(connection: Connection, shared: Shared) {
    this.#connection = connection;
    this.#shared = shared;
  }

  async open<Event extends EventShape, Row>(projection: Projection<Event, Row>): Promise<ReadModel<Row>> {
    const { tables, log, inline } = this.#shared;
    const rows = this.#connection.isReadOnly
      ? tables.rowsAsTheyAre(projection)
      : await this.#connection.write(() => tables.rowsOf(projection));
    inline.keep(projection, rows, log);
    return new SqliteReadModel(this.#connection, { shared: this.#shared, projection, rows });
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }
}

interface Parts<Event extends EventShape, Row> {
  readonly shared: Shared;
  readonly projection: Projection<Event, Row>;
  readonly rows: ModelRows<Row>;
}

class SqliteReadModel<Event extends EventShape, Row> implements ReadModel<Row> {
  protected readonly connection: Connection;
  protected readonly parts: Parts<Event, Row>;
  /** Where the rows and the log were at some moment. */
  #seen: (Omit<RowsAt<unknown>, 'rows'> & { readonly moment: number }) | undefined;

  constructor(connection: Connection, parts: Parts<Event, Row>) {
    this.connection = connection;
    this.parts = parts;
  }

  async read(keys: readonly string[], wait?: WaitOptions): Promise<RowsAt<ReadonlyMap<string, Row>>> {
    refuseOver(READING, wait);
    return this.connection.use(
      (database) => this.#known(database, keys) ?? this.#atOnce((rows) => rows.existing(keys)),
    );
  }

  async query(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly KeyedRow<Row>[]>> {
    refuseOver(READING, wait);
    return this.#atOnce((rows) => rows.query(query));
  }

  async keys(query: RowQuery, wait?: WaitOptions): Promise<RowsAt<readonly string[]>> {
    refuseOver(READING, wait);
    return this.#atOnce((rows) => rows.keys(query));
  }

  async checkpoint(wait?: WaitOptions): Promise<Position | undefined> {
    refuseOver(READING, wait);
    return this.connection.use(() => this.parts.rows.checkpoint());
  }

  async commit(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    await this.connection.writeDerived(() => this.step(change), wait);
    this.connection.watch.notify();
  }

  async changed(signal: AbortSignal): Promise<void> {
    await this.connection.watch.changed(signal, LOOKED_AGAIN_MS);
  }

  async beginRebuild(wait?: WaitOptions): Promise<RebuildingModel<Row>> {
    const { shared, projection } = this.parts;
    const { tables } = shared;
    const rows = await this.connection.write(
      () => tables.rowsOf(projection, tables.freshCopyOf(modelName(projection))),
      wait,
    );
    await this.sweep();
    return new SqliteRebuildingModel(this.connection, { shared, projection, rows });
  }

  /** In a transaction of a write. @throws PositionUnknown when the step stands on an event the log does not have. */
  protected step(change: ReadModelChange<Row>): void {
    const { rows, shared } = this.parts;
    const unknown = change.standsOn?.find((place) => !shared.log.knows(place));
    if (unknown !== undefined) throw new PositionUnknown({ position: unknown, head: shared.log.head() });
    rows.step(change);
  }

  /** Takes away the rows of what was replaced, in slices, each of which is over soon. What is left, the next rebuild takes. */
  protected async sweep(): Promise<void> {
    const { tables } = this.parts.shared;
    try {
      while (await this.connection.writeDerived(() => tables.sweep())) await yieldToLoop();
    } catch {
      // Nobody reads them: whatever it was, what was asked for is done.
    }
  }

  /** What is known since nobody wrote, if that is all that is asked for. */
  #known(database: Database, keys: readonly string[]): RowsAt<ReadonlyMap<string, Row>> | undefined {
    if (this.#seen === undefined || this.#seen.moment !== database.moment()) return undefined;
    const rows = this.parts.rows.known(keys);
    const { moment: _, ...seen } = this.#seen;
    return rows === undefined ? undefined : { ...seen, rows };
  }

  /** In one read transaction: another process must not commit a step between two rows, or between rows and checkpoint. */
  #atOnce<Rows>(look: (rows: ModelRows<Row>) => Rows): RowsAt<Rows> {
    const { rows, shared } = this.parts;
    return this.connection.use((database) =>
      database.transaction(() => {
        const seen = { checkpoint: rows.checkpoint(), head: shared.log.head() };
        this.#seen = { ...seen, moment: database.moment() };
        return { ...seen, rows: look(rows) };
      })(),
    );
  }
}

class SqliteRebuildingModel<Event extends EventShape, Row>
  extends SqliteReadModel<Event, Row>
  implements RebuildingModel<Row>
{
  /** What was written since the last step is reduced in the same transaction: else appends would always be faster. */
  async switchOver(change: ReadModelChange<Row>, wait?: WaitOptions): Promise<void> {
    const { shared, projection, rows } = this.parts;
    const { tables, log } = shared;
    const live = modelName(projection);
    await this.connection.write(() => {
      this.step(change);
      new InlineModel(projection, rows, log).catchUp(log.head());
      const old = tables.rowsOf(projection);
      if (change.lost === undefined || old.checkpoint() !== change.lost) {
        old.refuseBeyond(rows.checkpoint() ?? change.checkpoint);
      }
      tables.replace(live, rows.name);
    }, wait);
    this.connection.watch.notify();
    await this.sweep();
  }
}
