import { within } from '@login-policy/event-sourcing/store';
import type { Notification, PoolOptions } from 'pg';
import { ownClient, type OwnClient } from './own-client.js';
import { isDirectlyConnected } from './prepared-statements.js';
import { query } from './queries.js';
import type { Schema } from './schema.js';

const RETRY_MS = 1000;
const HANG_UP_MS = 1000;
/** Has an application name, so that operators recognise the connection. */
const OWN = { connectionTimeoutMillis: 5000, application_name: 'login-policy listener' };

/** A schema that is listened to, and its waiters. */
interface Channel {
  readonly schema: Schema;
  readonly heard: Set<() => void>;
  /** Whether every write from now on causes a notification. */
  isOpen: boolean;
  /** The connection that sent the LISTEN. */
  asked: Session | undefined;
}

/** The current connection. */
interface Session extends OwnClient {
  isReady: boolean;
}

/**
 * A connection of its own on which the server notifies all stores of a pool. It is opened for the first waiter,
 * reopened when it breaks, and given up for good behind a pooler that does not pass notifications on.
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

  /** Calls `heard` for changes in a schema from now on, and whenever changes may have been missed. */
  begin(schema: Schema, heard: () => void): void {
    const channel = this.#channels.get(schema.name) ?? { schema, heard: new Set(), isOpen: false, asked: undefined };
    channel.heard.add(heard);
    if (this.#channels.has(schema.name)) return;
    this.#channels.set(schema.name, channel);
    if (this.#session?.isReady === true) this.#working = this.#open(this.#session, channel);
    else if (this.#session === undefined && this.#retry === undefined && !this.#isGivenUp) this.#work();
  }

  /** Whether every write to a schema causes a notification. */
  hears({ name }: Schema): boolean {
    return this.#channels.get(name)?.isOpen === true;
  }

  /** Listens on a new connection, because this one misses notifications. */
  renew(): void {
    if (this.#session?.isReady === true) this.#lost(this.#session);
  }

  /**
   * Stops listening to a schema. After the last one it disconnects, within about a second whatever the network does.
   */
  async end({ name }: Schema, heard: () => void): Promise<void> {
    const channel = this.#channels.get(name);
    channel?.heard.delete(heard);
    if (channel === undefined || channel.heard.size > 0) return;
    this.#channels.delete(name);
    if (this.#channels.size === 0) await this.#hangUp();
    else if (this.#session !== undefined) await within(this.#leave(this.#session, channel), HANG_UP_MS);
  }

  /** Never rejects: when the session ends, it begins again. */
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
      // Writers send notifications only while a listener holds this lock.
      await query(session.client, 'SELECT pg_catalog.pg_advisory_lock_shared($1)', [listenLock.toString()]);
    } catch {
      return this.#lost(session);
    }
    channel.isOpen = this.#session === session;
    // Earlier writes caused no notification.
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
      // Until the connection is back, waiting calls must poll.
      for (const heard of channel.heard) heard();
    }
    if (this.#channels.size > 0) this.#retry = setTimeout(() => this.#work(), RETRY_MS).unref();
  }

  /** Gives up on notifications that would never come. */
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
    // A connection that is not established, or receives nothing, can't be closed gracefully.
    if (session.isReady) await within(session.client.end(), HANG_UP_MS).catch(() => undefined);
    session.socket.destroy();
    await this.#working;
  }
}
