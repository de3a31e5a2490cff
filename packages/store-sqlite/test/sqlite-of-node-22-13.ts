import { Raw, type RawDatabase } from './raw.js';

/**
 * Node's own driver as Node 22.13 has it: it says of no connection whether it is in a transaction, has no lists and no
 * `backup`.
 */
export class DatabaseSync implements RawDatabase {
  readonly #native: RawDatabase;

  constructor(path: string) {
    this.#native = new Raw(path);
  }

  prepare(sql: string): ReturnType<RawDatabase['prepare']> {
    return Object.assign(this.#native.prepare(sql), { setReturnArrays: undefined });
  }

  exec(sql: string): unknown {
    return this.#native.exec(sql);
  }

  close(): unknown {
    return this.#native.close();
  }
}
