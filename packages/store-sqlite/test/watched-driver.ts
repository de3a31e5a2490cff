import type { SQLInputValue } from 'node:sqlite';
import { Raw, type RawDatabase } from './raw.js';

/** What happens at a statement instead of it; `proceed` carries it out. */
export type Strike = (proceed: () => unknown, database: RawDatabase) => unknown;

/** The driver while a test watches what the store does with it, and makes it fail where a disk would. */
export interface WatchedDriver {
  /** How often a statement that begins so was carried out. */
  count(start: string): number;
  /** How often one that begins so was compiled. */
  compiled(start: string): number;
  /** Strikes once, at the next statement that begins so. */
  strikeAt(start: string, strike: Strike): void;
  /** The connections that are open, in the order of their first statements. */
  open(): readonly RawDatabase[];
  /** Leaves the driver as it was. */
  restore(): void;
}

/** An error as the driver has it: by the number of SQLite's result code. */
export function driverError(message: string, errcode: number): Error {
  return Object.assign(new Error(message), { code: 'ERR_SQLITE_ERROR', errcode });
}

/** Watches every connection that is used from now on. */
export function watchDriver(): WatchedDriver {
  const { prepare, close } = Raw.prototype;
  const connections = new Set<RawDatabase>();
  const [counts, compiled] = [new Map<string, number>(), new Map<string, number>()];
  const sum = (found: ReadonlyMap<string, number>, start: string): number =>
    Array.from(found, ([sql, count]) => (sql.startsWith(start) ? count : 0)).reduce((total, count) => total + count, 0);
  const strikes: { start: string; strike: Strike }[] = [];
  const carryOut = (database: RawDatabase, sql: string, proceed: () => unknown): unknown => {
    counts.set(sql, (counts.get(sql) ?? 0) + 1);
    const at = strikes.findIndex(({ start }) => sql.startsWith(start));
    const [struck] = at < 0 ? [] : strikes.splice(at, 1);
    return struck === undefined ? proceed() : struck.strike(proceed, database);
  };
  Object.assign(Raw.prototype, {
    prepare(this: RawDatabase, sql: string) {
      connections.add(this);
      compiled.set(sql, (compiled.get(sql) ?? 0) + 1);
      const statement = prepare.call(this, sql);
      for (const method of ['run', 'get', 'all', 'iterate'] as const) {
        const call = statement[method].bind(statement);
        Object.assign(statement, {
          [method]: (...values: SQLInputValue[]) => carryOut(this, sql, () => call(...values)),
        });
      }
      return statement;
    },
    close(this: RawDatabase) {
      connections.delete(this);
      return close.call(this);
    },
  });
  return {
    count: (start) => sum(counts, start),
    compiled: (start) => sum(compiled, start),
    strikeAt: (start, strike) => strikes.push({ start, strike }),
    open: () => Array.from(connections),
    restore: () => Object.assign(Raw.prototype, { prepare, close }),
  };
}
