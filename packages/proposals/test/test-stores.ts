import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { StoreAddress } from './opened.js';

/** The stores that keep proposals, besides memory. */
export const KINDS = [
  'SQLite',
  'PostgreSQL',
  'EventStoreDB',
  'EventStoreDB with rows in SQLite',
  'EventStoreDB with rows in PostgreSQL',
] as const;

/** One of {@link KINDS}. */
export type Kind = (typeof KINDS)[number];

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

interface Servers {
  readonly postgres?: Server;
  readonly eventStoreDb?: Server;
}

/** The servers and files of one kind of store. */
export class TestStores {
  readonly #kind: Kind;
  readonly #folder: string;
  readonly #servers: Servers;

  private constructor(kind: Kind, folder: string, servers: Servers) {
    this.#kind = kind;
    this.#folder = folder;
    this.#servers = servers;
  }

  /** Starts the servers that the tests of the stores bring along. */
  static async start(kind: Kind): Promise<TestStores> {
    const folder = await mkdtemp(join(tmpdir(), 'proposals-'));
    const postgres = kind.endsWith('PostgreSQL') ? await serverOf('store-postgres') : undefined;
    const eventStoreDb = kind.startsWith('EventStoreDB') ? await serverOf('store-eventstoredb') : undefined;
    return new TestStores(kind, folder, { ...(postgres && { postgres }), ...(eventStoreDb && { eventStoreDb }) });
  }

  /** The address of a store that nobody has used. */
  get unused(): StoreAddress {
    const part = `p${randomUUID().replaceAll('-', '')}`;
    const { eventStoreDb, postgres } = this.#servers;
    const rows = postgres?.url ?? join(this.#folder, `${part}.db`);
    if (eventStoreDb === undefined) return { url: rows, part };
    return { url: eventStoreDb.url, part, ...(this.#kind !== 'EventStoreDB' && { rows }) };
  }

  async stop(): Promise<void> {
    await this.#servers.eventStoreDb?.stop();
    await this.#servers.postgres?.stop();
    await rm(this.#folder, { recursive: true });
  }
}

async function serverOf(member: 'store-eventstoredb' | 'store-postgres'): Promise<Server> {
  const program = new URL(`../../${member}/.test-build/server-process.js`, import.meta.url);
  const server = spawn(process.execPath, [fileURLToPath(program)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const hasEnded = once(server, 'exit');
  const { value: url } = await createInterface(server.stdout)[Symbol.asyncIterator]().next();
  return {
    url: String(url),
    async stop() {
      server.stdin.end();
      await hasEnded;
    },
  };
}
