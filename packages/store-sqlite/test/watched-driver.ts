import Native, { type Statement } from 'better-sqlite3';

/** What happens at a statement instead of it; `proceed` carries it out. */
export type Strike = (proceed: () => unknown, database: Native.Database) => unknown;

/** The driver while a test watches what the store does with it, and makes it fail where a disk would. */
export interface WatchedDriver {
  /** How often a statement that begins so was carried out. */
  count(start: string): number;
  /** Strikes once, at the next statement that begins so. */
  strikeAt(start: string, strike: Strike): void;
  /** The connections that were opened to files, in order. */
  readonly connections: readonly Native.Database[];
  /** Leaves the driver as it was. */
  restore(): void;
}

/** An error as the driver has it. */
export function driverError(message: string, code: string): Error {
  return new Native.SqliteError(message, code);
}

/** Watches every connection that is opened from now on. */
export function watchDriver(): WatchedDriver {
  const original = Native.prototype.prepare;
  const connections: Native.Database[] = [];
  const counts = new Map<string, number>();
  const strikes: { start: string; strike: Strike }[] = [];
  const carryOut = (database: Native.Database, sql: string, proceed: () => unknown): unknown => {
    counts.set(sql, (counts.get(sql) ?? 0) + 1);
    const at = strikes.findIndex(({ start }) => sql.startsWith(start));
    const [struck] = at < 0 ? [] : strikes.splice(at, 1);
    return struck === undefined ? proceed() : struck.strike(proceed, database);
  };
  function prepare(this: Native.Database, sql: string): Statement {
    if (!connections.includes(this)) connections.push(this);
    const statement: Statement = original.call(this, sql);
    for (const method of ['run', 'get', 'all'] as const) {
      const call = statement[method].bind(statement);
      Object.assign(statement, {
        [method]: (...values: unknown[]) => carryOut(this, sql, () => call(...values)),
      });
    }
    return statement;
  }
  const replaceBy = (value: unknown): void =>
    void Object.defineProperty(Native.prototype, 'prepare', { value, configurable: true, writable: true });
  replaceBy(prepare);
  return {
    count: (start) =>
      Array.from(counts, ([sql, count]) => (sql.startsWith(start) ? count : 0)).reduce((sum, count) => sum + count, 0),
    strikeAt: (start, strike) => strikes.push({ start, strike }),
    connections,
    restore: () => replaceBy(original),
  };
}
