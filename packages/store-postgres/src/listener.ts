import { Client, type ClientConfig } from 'pg';
import { query } from './queries.js';
import { isDirectlyConnected } from './prepared-statements.js';
import type { Schema } from './schema.js';

const RETRY_MS = 1000;
const CONNECT_MS = 5000;

/**
 * A connection of its own on which the server tells of changes. It is opened when somebody first waits, opened again when
 * it breaks, and given up for good behind a pooler that would not hand notifications on.
 */
export class Listener {
  readonly #config: ClientConfig;
  readonly #schema: Schema;
  #client: Client | undefined;
  #isConnected = false;
  #state: 'idle' | 'begun' | 'given-up' | 'closed' = 'idle';
  #retry: NodeJS.Timeout | undefined;
  #connecting: Promise<void> = Promise.resolve();

  constructor(config: ClientConfig, schema: Schema) {
    // Named, so that whoever looks at the server's connections knows whose this is.
    const name = `login-policy ${schema.name}`;
    // The pool hides its password from whoever copies its options.
    const { password } = config;
    const own = { connectionTimeoutMillis: CONNECT_MS, application_name: name };
    this.#config = { ...config, ...own, ...(password !== undefined && { password }) };
    this.#schema = schema;
  }

  /** Listens from now on, if it does not yet, and tells `heard`. */
  begin(heard: () => void): void {
    if (this.#state !== 'idle') return;
    this.#state = 'begun';
    this.#connecting = this.#connect(heard);
  }

  /** Hangs up. */
  async close(): Promise<void> {
    this.#state = 'closed';
    clearTimeout(this.#retry);
    // A connection that is being made can't be left before it is there, but it may wait long for the lock then.
    if (this.#isConnected) await this.#hangUp();
    await this.#connecting;
    await this.#hangUp();
  }

  async #connect(heard: () => void): Promise<void> {
    const client = new Client(this.#config);
    this.#client = client;
    this.#isConnected = false;
    client.on('notification', heard);
    client.on('error', () => this.#again(client, heard));
    client.on('end', () => this.#again(client, heard));
    try {
      await client.connect();
      this.#isConnected = true;
      if (this.#state !== 'begun') return;
      if (!(await isDirectlyConnected(client))) {
        this.#state = 'given-up';
        await this.#hangUp();
        return;
      }
      await client.query(`LISTEN "${this.#schema.name}"`);
      // Writers tell only when somebody holds this.
      await query(client, 'SELECT pg_catalog.pg_advisory_lock_shared($1)', [this.#schema.listenLock.toString()]);
      // What was written before that, was not told.
      heard();
    } catch {
      this.#again(client, heard);
    }
  }

  #again(client: Client, heard: () => void): void {
    if (this.#state !== 'begun' || this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => undefined);
    this.#retry = setTimeout(() => {
      this.#connecting = this.#connect(heard);
    }, RETRY_MS).unref();
  }

  async #hangUp(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => undefined);
  }
}
