import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import type { RawEvent } from '../raw/raw-event.js';
import type { RawPlace } from '../raw/raw-file.js';
import type { PlainEvent } from '../workload/plain-events.js';

/** The same columns and indexes as `store-postgres` has for events and for rows of a read model. */
const TABLES = `
  CREATE TABLE events (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text COLLATE "C" NOT NULL, revision bigint NOT NULL,
    id text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL, schema_version integer NOT NULL,
    recorded_at bigint NOT NULL, data json NOT NULL, metadata json NOT NULL, whole_stream text COLLATE "C",
    UNIQUE (stream, revision)
  );
  CREATE TABLE rows (model bigint NOT NULL, key bytea NOT NULL, content json NOT NULL) WITH (fillfactor = 80);
  CREATE UNIQUE INDEX rows_by_key ON rows (model, sha256(key));
  CREATE TABLE checkpoints (model bigint PRIMARY KEY, position bigint NOT NULL);
  INSERT INTO checkpoints VALUES (1, 0);
`;

const COLUMNS = 'stream, revision, type, schema_version, recorded_at, id, data, metadata';
const INSERT = `INSERT INTO events (${COLUMNS}) VALUES ($1, $2, $3, 1, $4, $5, $6, $7)`;
const PUT_ROW = `INSERT INTO rows VALUES (1, $8, $9)
  ON CONFLICT (model, sha256(key)) DO UPDATE SET content = excluded.content`;
const PUT = {
  'insert-put': `WITH event AS (${INSERT}) ${PUT_ROW}`,
  'insert-put-step': `WITH event AS (${INSERT} RETURNING position),
    step AS (UPDATE checkpoints SET position = event.position FROM event WHERE model = 1) ${PUT_ROW}`,
};
const PAGE =
  'SELECT stream, type, recorded_at, data::text, position FROM events WHERE position > $1 ORDER BY position LIMIT $2';
const STREAM = 'SELECT stream, type, recorded_at, data::text, position FROM events WHERE stream = $1 ORDER BY revision';

/** An event and where it goes. */
export interface PlacedEvent {
  readonly place: RawPlace;
  readonly event: PlainEvent;
}

type Cells = readonly [stream: string, type: PlainEvent['type'], recordedAt: string, data: string, position: string];

/** `pg` by hand: a pool of the same kind, every statement prepared, one round trip and one transaction each. */
export class RawDatabase {
  readonly pool: Pool;

  private constructor(pool: Pool) {
    this.pool = pool;
  }

  static async open(url: string): Promise<RawDatabase> {
    const pool = new Pool({ connectionString: url });
    await pool.query(TABLES);
    return new RawDatabase(pool);
  }

  async insert(place: RawPlace, event: PlainEvent): Promise<void> {
    await this.pool.query({ name: 'insert', text: INSERT, values: valuesOf(place, event) });
  }

  /** The event and the row it makes, in one statement; with the last step, how far the rows are as well. */
  async insertAndPut(name: keyof typeof PUT, { place, event }: PlacedEvent, row: string): Promise<void> {
    const values = [...valuesOf(place, event), Buffer.from(place.stream), row];
    await this.pool.query({ name, text: PUT[name], values });
  }

  /** Many events in one statement of many rows. */
  async insertMany(events: readonly PlacedEvent[]): Promise<void> {
    const lists = events.map(({ place, event }) => valuesOf(place, event));
    const columns = Array.from({ length: 7 }, (_, column) => lists.map((values) => values[column]));
    const text = `INSERT INTO events (${COLUMNS}) SELECT stream, revision, type, 1, at, id, data, metadata FROM
      unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::json[], $7::json[])
      AS given (stream, revision, type, at, id, data, metadata)`;
    await this.pool.query({ name: 'insert-many', text, values: columns });
  }

  page(after: number, size: number): Promise<readonly RawEvent[]> {
    return this.#events({ name: 'page', text: PAGE, values: [after, size] });
  }

  stream(stream: string): Promise<readonly RawEvent[]> {
    return this.#events({ name: 'stream', text: STREAM, values: [stream] });
  }

  close(): Promise<void> {
    return this.pool.end();
  }

  async #events(query: { name: string; text: string; values: unknown[] }): Promise<readonly RawEvent[]> {
    const { rows } = await this.pool.query<[...Cells]>({ ...query, rowMode: 'array' });
    return rows.map(([stream, type, recordedAt, data, position]) => [
      stream,
      type,
      Number(recordedAt),
      data,
      Number(position),
    ]);
  }
}

function valuesOf({ stream, revision }: RawPlace, event: PlainEvent): (string | number)[] {
  const metadata = JSON.stringify({ actor: 'bench', correlationId: randomUUID() });
  return [stream, revision, event.type, Date.now(), randomUUID(), JSON.stringify(event.data), metadata];
}
