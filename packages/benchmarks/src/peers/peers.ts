import type * as EmmettSqlite from '@event-driven-io/emmett-sqlite';

/** emmett's SQLite store, as its module gives it. */
export type EmmettSqliteModule = typeof EmmettSqlite;

/** The peers that need something built before they run. */
export interface Peers {
  readonly emmettSqlite: EmmettSqliteModule | undefined;
  /** Why it is left out. */
  readonly whyNot: string | undefined;
}
