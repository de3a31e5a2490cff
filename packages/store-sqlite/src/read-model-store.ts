import {
  modelName,
  type KeyedRow,
  type Position,
  type ReadModel,
  type ReadModelChange,
  type ReadModelDefinition,
  type ReadModelStore,
  type RebuildingModel,
  type RowQuery,
  type RowsAt,
} from '@login-policy/event-sourcing';
import type { Connection } from './connection.js';
import type { ModelRows, ModelTables } from './model-tables.js';

/** Read models in a SQLite file, beside the events or on their own. */
export class SqliteReadModelStore implements ReadModelStore {
  readonly #connection: Connection;
  readonly #tables: ModelTables;
  readonly #head: () => Position;

  constructor(
    connection: Connection,
    { tables, head }: { readonly tables: ModelTables; readonly head: () => Position },
  ) {
    this.#connection = connection;
    this.#tables = tables;
    this.#head = head;
  }

  async open<Row>(definition: ReadModelDefinition<Row>): Promise<ReadModel<Row>> {
    const rows = await this.#connection.write(() => this.#tables.rowsOf(definition));
    return new SqliteReadModel(this.#connection, { tables: this.#tables, head: this.#head, definition, rows });
  }

  async close(): Promise<void> {
    this.#connection.close();
  }
}

interface Parts<Row> {
  readonly tables: ModelTables;
  /** Where the store is, in the transaction that is open. */
  readonly head: () => Position;
  readonly definition: ReadModelDefinition<Row>;
  readonly rows: ModelRows<Row>;
}

class SqliteReadModel<Row> implements ReadModel<Row> {
  protected readonly connection: Connection;
  protected readonly parts: Parts<Row>;

  constructor(connection: Connection, parts: Parts<Row>) {
    this.connection = connection;
    this.parts = parts;
  }

  async read(keys: readonly string[]): Promise<RowsAt<ReadonlyMap<string, Row>>> {
    return this.#atOnce((rows) => rows.existing(keys));
  }

  async query(query: RowQuery): Promise<RowsAt<readonly KeyedRow<Row>[]>> {
    return this.#atOnce((rows) => rows.query(query));
  }

  async checkpoint(): Promise<Position | undefined> {
    return this.connection.use(() => this.parts.rows.checkpoint());
  }

  async commit(change: ReadModelChange<Row>): Promise<void> {
    await this.connection.write(() => this.parts.rows.step(change));
    this.connection.watcher.notify();
  }

  async changed(signal: AbortSignal): Promise<void> {
    await this.connection.watcher.changed(signal);
  }

  /** In one read transaction: another process must not commit a step between two rows, or between rows and checkpoint. */
  #atOnce<Rows>(look: (rows: ModelRows<Row>) => Rows): RowsAt<Rows> {
    const { rows, head } = this.parts;
    return this.connection.use((database) =>
      database.transaction(() => ({ checkpoint: rows.checkpoint(), rows: look(rows), head: head() }))(),
    );
  }

  async beginRebuild(): Promise<RebuildingModel<Row>> {
    const { tables, head, definition } = this.parts;
    const rows = await this.connection.write(() => {
      return tables.rowsOf(definition, tables.freshCopyOf(modelName(definition)));
    });
    return new SqliteRebuildingModel(this.connection, { tables, head, definition, rows });
  }
}

class SqliteRebuildingModel<Row> extends SqliteReadModel<Row> implements RebuildingModel<Row> {
  async switchOver(change: ReadModelChange<Row>): Promise<void> {
    const { tables, definition, rows } = this.parts;
    const live = modelName(definition);
    await this.connection.write(() => {
      rows.step(change);
      tables.rowsOf(definition).refuseBeyond(change.checkpoint);
      tables.replace(live, rows.name);
    });
    this.connection.watcher.notify();
  }
}
