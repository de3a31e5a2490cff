import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import type { PlainPolicy } from '../workload/plain-policy.js';
import {
  factorChanges,
  instanceOfStream,
  newMetadata,
  parseEvent,
  parsePolicy,
  type Decision,
  type FactorChange,
  type OnEvent,
  type RawDriver,
  type RawEvent,
  type RawRow,
} from './raw-driver.js';

const TABLES = `
  CREATE TABLE IF NOT EXISTS events (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, stream text COLLATE "C" NOT NULL, revision bigint NOT NULL,
    id text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL, schema_version integer NOT NULL,
    recorded_at bigint NOT NULL, data json NOT NULL, metadata json NOT NULL, UNIQUE (stream, revision)
  );
  CREATE TABLE IF NOT EXISTS policies (stream text COLLATE "C" PRIMARY KEY, instance text COLLATE "C", policy json NOT NULL)
    WITH (fillfactor = 80);
  CREATE INDEX IF NOT EXISTS policies_by_instance ON policies (instance);
  CREATE TABLE IF NOT EXISTS factors (instance text COLLATE "C", factor text COLLATE "C", stream text COLLATE "C",
    PRIMARY KEY (instance, factor, stream));
  CREATE TABLE IF NOT EXISTS checkpoint (only_one integer PRIMARY KEY, position bigint NOT NULL);
`;

const COLUMNS = 'stream, revision, type, schema_version, recorded_at, id, data, metadata';
const APPEND = `INSERT INTO events (${COLUMNS}) SELECT stream, revision, type, 1, at, id, data, metadata FROM
  unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::text[], $6::json[], $7::json[])
  AS given (stream, revision, type, at, id, data, metadata)`;
const UPSERT = 'ON CONFLICT (stream) DO UPDATE SET policy = excluded.policy';
const WRITE = `WITH appended AS (${APPEND}),
  allowed AS (INSERT INTO factors SELECT * FROM unnest($11::text[], $12::text[], $13::text[]) ON CONFLICT DO NOTHING),
  disallowed AS (DELETE FROM factors AS f USING unnest($14::text[], $15::text[], $16::text[]) AS gone (instance, factor, stream)
    WHERE f.instance = gone.instance AND f.factor = gone.factor AND f.stream = gone.stream)
  INSERT INTO policies SELECT * FROM unnest($8::text[], $9::text[], $10::json[]) ${UPSERT}`;
const KEEP = `WITH checked AS (INSERT INTO checkpoint VALUES (1, $4)
  ON CONFLICT (only_one) DO UPDATE SET position = excluded.position)
  INSERT INTO policies SELECT * FROM unnest($1::text[], $2::text[], $3::json[]) ${UPSERT}`;
const READ = 'SELECT policy::text FROM policies WHERE stream = ANY ($1) ORDER BY instance NULLS FIRST';
const PAGE =
  'SELECT stream, type, recorded_at, data::text, position FROM events WHERE position > $1 ORDER BY position LIMIT 1000';
const BEFORE = `SELECT type, recorded_at, data::text FROM events WHERE stream = $1 AND revision < $2
  ORDER BY revision DESC LIMIT $3`;
const CUSTOMIZED = 'SELECT stream FROM policies WHERE instance = $1 ORDER BY stream';

type Cells = [stream: string, type: string, recordedAt: string, data: string, position: string];

/**
 * `pg` by hand: a pool, and one statement and round trip per transaction. Positions come from a sequence, so their
 * order is not that of commits.
 */
export class RawPostgres implements RawDriver {
  readonly #pool: Pool;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  static async open(connectionString: string): Promise<RawPostgres> {
    const pool = new Pool({ connectionString });
    await pool.query(TABLES);
    return new RawPostgres(pool);
  }

  async write(decided: readonly Decision[]): Promise<void> {
    const rows = columnsOf(
      decided.map(({ stream, policy }) => rowOf([stream, policy])),
      3,
    );
    const factors = factorChanges(decided);
    const values = [
      ...eventColumns(decided),
      ...rows,
      ...factorColumns(factors, true),
      ...factorColumns(factors, false),
    ];
    await this.#pool.query({ name: 'write', text: WRITE, values });
  }

  async append(decided: readonly Decision[]): Promise<void> {
    await this.#pool.query({ name: 'append', text: APPEND, values: [...eventColumns(decided)] });
  }

  async read(streams: readonly string[]): Promise<PlainPolicy[]> {
    const query = { name: 'read', text: READ, values: [streams], rowMode: 'array' as const };
    const { rows } = await this.#pool.query<[string]>(query);
    return rows.map(([policy]) => parsePolicy(policy));
  }

  async page(after: number, each: OnEvent): Promise<number | undefined> {
    const { rows } = await this.#pool.query<Cells>({ name: 'page', text: PAGE, values: [after], rowMode: 'array' });
    for (const [stream, type, at, data] of rows) each(stream, parseEvent(type, data), Number(at));
    const last = rows.at(-1);
    return last === undefined ? undefined : Number(last[4]);
  }

  async before(stream: string, revision: number, count: number): Promise<RawEvent[]> {
    const values = [stream, revision, count];
    const query = { name: 'before', text: BEFORE, values, rowMode: 'array' as const };
    const { rows } = await this.#pool.query<[type: string, at: string, data: string]>(query);
    return rows.map(([type, at, data]) => ({ event: parseEvent(type, data), at: Number(at) }));
  }

  async customized(instance: string): Promise<string[]> {
    const query = { name: 'customized', text: CUSTOMIZED, values: [instance], rowMode: 'array' as const };
    const { rows } = await this.#pool.query<[string]>(query);
    return rows.map(([stream]) => stream);
  }

  async storeRows(rows: readonly RawRow[], position: number): Promise<void> {
    await this.#pool.query({ name: 'keep', text: KEEP, values: [...columnsOf(rows.map(rowOf), 3), position] });
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}

type Cell = string | number | null;

function eventColumns(decided: readonly Decision[]): readonly Cell[][] {
  const at = Date.now();
  const lists = decided.flatMap(({ stream, revision, events }) =>
    events.map(({ type, data }, index): Cell[] => {
      const metadata = JSON.stringify(newMetadata());
      return [stream, revision + index, type, at, randomUUID(), JSON.stringify(data), metadata];
    }),
  );
  return columnsOf(lists, 7);
}

function factorColumns(changes: readonly FactorChange[], isAllowed: boolean): readonly Cell[][] {
  const wanted = changes.filter((one) => one.isAllowed === isAllowed);
  return columnsOf(
    wanted.map(({ instance, factor, stream }): Cell[] => [instance, factor, stream]),
    3,
  );
}

function rowOf([stream, policy]: RawRow): Cell[] {
  return [stream, instanceOfStream(stream), JSON.stringify(policy)];
}

function columnsOf(lists: readonly Cell[][], count: number): Cell[][] {
  return Array.from({ length: count }, (_, column) => lists.map((values) => values[column] ?? null));
}
