import { within } from '@login-policy/event-sourcing/store';
import type { Notification, PoolOptions } from 'pg';
import { ownClient, type OwnClient } from './own-client.js';
import { isDirectlyConnected } from './prepared-statements.js';
import { query } from './queries.js';
import type { Schema } from './schema.js';

const RETRY_MS = 1000;
const HANG_UP_MS = 1000;
/** Named, so that an operator who looks at the server's connections knows whose this is. */
const OWN = { connectionTimeoutMillis: 5000, application_name: 'login-policy listener' };

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
interface Session extends OwnClient {
  isReady: boolean;
}

/**
 * One connection of its own for all stores of a pool, on which the server tells of changes. It is opened when somebody first
 * waits, opened again when it breaks, and given up for good behind a pooler that would not hand notifications on.
 */
export class Listener {
  readonly #options: PoolOptions;
  readonly #channels = new Map<string, Channel>();
  #session: Session | undefined;
  #isGivenUp = false;
  #working: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Tells `heard` of changes in a schema from now on, and each time it can't have heard of some. */
  begin(schema: Schema, heard: () => void): void {
    const channel = this.#channels.get(schema.name) ?? { schema, heard: new Set(), isOpen: false, asked: undefined };
    channel.heard.add(heard);
    if (this.#channels.has(schema.name)) return;
    this.#channels.set(schema.name, channel);
    if (this.#session?.isReady === true) this.#working = this.#open(this.#session, channel);
    else if (this.#session === undefined && this.#retry === undefined && !this.#isGivenUp) this.#work();
  }

  /** Whether the server tells of everything in a schema. */
  hears({ name }: Schema): boolean {
    return this.#channels.get(name)?.isOpen === true;
  }

  /** Listens on another connection, since this one does not tell of everything. */
  renew(): void {
    if (this.#session?.isReady === true) this.#lost(this.#session);
  }

  /** Tells no more of it; with nothing left to listen to it hangs up, and is done within about a second whatever the network does. */
  async end({ name }: Schema, heard: () => void): Promise<void> {
    const channel = this.#channels.get(name);
    channel?.heard.delete(heard);
    if (channel === undefined || channel.heard.size > 0) return;
    this.#channels.delete(name);
    if (this.#channels.size === 0) await this.#hangUp();
    else if (this.#session !== undefined) await within(this.#leave(this.#session, channel), HANG_UP_MS);
  }

  /** It ends by itself, well or not: then it is begun again. */
  #work(): void {
    this.#working = this.#connect();
  }

  async #connect(): Promise<void> {
    this.#retry = undefined;
    const session = { ...ownClient(this.#options, OWN), isReady: false };
    const { client } = session;
    this.#session = session;
    client.on('notification', (notification) => this.#tell(notification));
    client.on('error', () => this.#lost(session));
    client.on('end', () => this.#lost(session));
    try {
      await client.connect();
      if (!(await isDirectlyConnected(client))) {
        this.#isGivenUp = true;
        return this.#giveUp(session);
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
      // Waiting calls have to poll meanwhile.
      for (const heard of channel.heard) heard();
    }
    if (this.#channels.size > 0) this.#retry = setTimeout(() => this.#work(), RETRY_MS).unref();
  }

  /** What would never be told is not waited for. */
  #giveUp(session: Session): void {
    this.#session = undefined;
    session.socket.destroy();
  }

  async #hangUp(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    // One that is not there yet can't say goodbye, and one that hears nothing says it in vain.
    if (session.isReady) await within(session.client.end(), HANG_UP_MS).catch(() => undefined);
    session.socket.destroy();
    await this.#working;
  }
}
