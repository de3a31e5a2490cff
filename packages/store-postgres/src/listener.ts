import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Client, type ClientConfig, type Notification } from 'pg';
import { isDirectlyConnected } from './prepared-statements.js';
import { query } from './queries.js';
import type { Schema } from './schema.js';

const RETRY_MS = 1000;
const CONNECT_MS = 5000;
const HANG_UP_MS = 1000;

/** One schema that is listened to, and who wants to hear of it. */
interface Channel {
  readonly schema: Schema;
  readonly heard: Set<() => void>;
  /** Whether the server tells of everything that is written from now on. */
  isOpen: boolean;
  /** The connection that was asked to. */
  asked: Session | undefined;
}

/** The connection that listens now. */
interface Session {
  readonly client: Client;
  readonly socket: Duplex;
  isReady: boolean;
}

/**
 * One connection of its own for all stores of a pool, on which the server tells of changes. It is opened when somebody first
 * waits, opened again when it breaks, and given up for good behind a pooler that would not hand notifications on.
 */
export class Listener {
  readonly #config: ClientConfig;
  readonly #channels = new Map<string, Channel>();
  #session: Session | undefined;
  #isGivenUp = false;
  #retry: NodeJS.Timeout | undefined;

  constructor(config: ClientConfig) {
    // The pool hides its password from whoever copies its options.
    const { password } = config;
    // Named, so that whoever looks at the server's connections knows whose this is.
    const own = { connectionTimeoutMillis: CONNECT_MS, application_name: 'login-policy listener' };
    this.#config = { ...config, ...own, ...(password !== undefined && { password }) };
  }

  /** Tells `heard` of changes in a schema from now on, and each time it can't have heard of some. */
  begin(schema: Schema, heard: () => void): void {
    const channel = this.#channels.get(schema.name) ?? { schema, heard: new Set(), isOpen: false, asked: undefined };
    channel.heard.add(heard);
    if (this.#channels.has(schema.name)) return;
    this.#channels.set(schema.name, channel);
    if (this.#session?.isReady === true) void this.#open(this.#session, channel);
    else if (this.#session === undefined && this.#retry === undefined && !this.#isGivenUp) void this.#connect();
  }

  /** Whether the server tells of everything in a schema. */
  hears({ name }: Schema): boolean {
    return this.#channels.get(name)?.isOpen === true;
  }

  /** Tells no more of it; with nothing left to listen to it hangs up, and is done within about a second whatever the network does. */
  async end({ name }: Schema, heard: () => void): Promise<void> {
    const channel = this.#channels.get(name);
    channel?.heard.delete(heard);
    if (channel === undefined || channel.heard.size > 0) return;
    this.#channels.delete(name);
    if (this.#channels.size === 0) await this.#hangUp();
    else if (this.#session !== undefined) await within(HANG_UP_MS, this.#leave(this.#session, channel));
  }

  async #connect(): Promise<void> {
    this.#retry = undefined;
    const socket = this.#newSocket();
    const client = new Client({ ...this.#config, stream: () => socket });
    const session = { client, socket, isReady: false };
    this.#session = session;
    client.on('notification', (notification) => this.#tell(notification));
    client.on('error', () => this.#lost(session));
    client.on('end', () => this.#lost(session));
    try {
      await client.connect();
      if (!(await isDirectlyConnected(client))) {
        this.#isGivenUp = true;
        return await this.#hangUp();
      }
      session.isReady = true;
      for (const channel of this.#channels.values()) await this.#open(session, channel);
    } catch {
      this.#lost(session);
    }
  }

  async #open(session: Session, channel: Channel): Promise<void> {
    if (channel.asked === session) return;
    channel.asked = session;
    const { name, listenLock } = channel.schema;
    try {
      await session.client.query(`LISTEN "${name}"`);
      // Writers tell only when somebody holds this.
      await query(session.client, 'SELECT pg_catalog.pg_advisory_lock_shared($1)', [listenLock.toString()]);
    } catch {
      return this.#lost(session);
    }
    channel.isOpen = this.#session === session;
    // What was written before that, was not told.
    for (const heard of channel.heard) heard();
  }

  async #leave(session: Session, { schema }: Channel): Promise<void> {
    const unlock = `UNLISTEN "${schema.name}"; SELECT pg_catalog.pg_advisory_unlock_shared(${schema.listenLock}::bigint)`;
    await session.client.query(unlock).catch(() => this.#lost(session));
  }

  #tell({ channel }: Notification): void {
    for (const heard of this.#channels.get(channel)?.heard ?? []) heard();
  }

  #lost(session: Session): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    session.socket.destroy();
    for (const channel of this.#channels.values()) {
      channel.isOpen = false;
      // Whoever waits has to look by themselves meanwhile.
      for (const heard of channel.heard) heard();
    }
    if (this.#channels.size > 0) this.#retry = setTimeout(() => void this.#connect(), RETRY_MS).unref();
  }

  async #hangUp(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    // One that is not there yet can't say goodbye, and one that hears nothing says it in vain.
    if (session.isReady) await within(HANG_UP_MS, session.client.end());
    session.socket.destroy();
  }

  #newSocket(): Duplex {
    const { stream } = this.#config;
    return stream?.() ?? new Socket();
  }
}

/** Waits for something so long at the most, and for nothing it says. */
async function within(ms: number, ending: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([ending.catch(() => undefined), late]);
  clearTimeout(timer);
}
