/** What this package uses of Node's own SQLite. The types of Node 20, the oldest that we compile for, don't have it. */
declare module 'node:sqlite' {
  export class DatabaseSync {
    constructor(path: string, options?: { readonly readOnly?: boolean });
    /** Not in the first releases. */
    readonly isTransaction?: boolean;
    prepare(sql: string): StatementSync;
    exec(sql: string): void;
    close(): void;
  }

  /** Not in the first releases. */
  export const backup:
    | ((
        source: DatabaseSync,
        path: string,
        options: { readonly rate: number; readonly progress: (state: BackupState) => void },
      ) => Promise<unknown>)
    | undefined;

  export interface BackupState {
    readonly totalPages: number;
    readonly remainingPages: number;
  }

  export interface StatementSync {
    run(...values: readonly unknown[]): {
      readonly changes: number | bigint;
      readonly lastInsertRowid: number | bigint;
    };
    get(...values: readonly unknown[]): object | undefined;
    all(...values: readonly unknown[]): object[];
    /** Not in the first releases. */
    setReturnArrays?(enabled: boolean): void;
  }
}
