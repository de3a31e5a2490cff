import { within } from '@login-policy/event-sourcing/store';
import type { Notification, PoolOptions } from 'pg';
import { ownClient, type OwnClient } from './own-client.js';
import { isDirectlyConnected } from './prepared-statements.js';
import { query } from './queries.js';
import type { Schema } from './schema.js';

const RETRY_MS = 1000;
const DISCONNECT_MS = 1000;
/** The application name tells operators what the connection is for. */
const CLIENT_OPTIONS = { connectionTimeoutMillis: 5000, application_name: 'login-policy listener' };

/** A schema to listen to, and its subscribers. */
interface Channel {
  readonly schema: Schema;
  readonly callbacks: Set<() => void>;
  /** Whether every write from now on causes a notification. */
  isListening: boolean;
  /** The connection that sent the LISTEN. */
  session: Session | undefined;
}

/** A connection that listens. */
interface Session extends OwnClient {
  isReady: boolean;
}

/**
 * A separate connection on which the server notifies all stores of a pool. It is opened for the first subscriber, and
 * reopened when it breaks. It is closed for good behind a pooler, which does not pass notifications on.
 */
export class Listener {
  readonly #options: PoolOptions;
  readonly #channels = new Map<string, Channel>();
  #session: Session | undefined;
  #isGivenUp = false;
  #connecting: Promise<void> = Promise.resolve();
  #retry: NodeJS.Timeout | undefined;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  /** Calls `callback` for changes in a schema from now on, and whenever changes may have been missed. */
  subscribe(schema: Schema, callback: () => void): void {
    const channel = this.#channels.get(schema.name) ?? {
      schema,
      callbacks: new Set(),
      isListening: false,
      session: undefined,
    };
    channel.callbacks.add(callback);
    if (this.#channels.has(schema.name)) return;
    this.#channels.set(schema.name, channel);
    if (this.#session?.isReady === true) this.#connecting = this.#listen(this.#session, channel);
    else if (this.#session === undefined && this.#retry === undefined && !this.#isGivenUp) this.#start();
  }

  /** Whether every write to a schema causes a notification. */
  isListening({ name }: Schema): boolean {
    return this.#channels.get(name)?.isListening === true;
  }

  /** Drops the connection, which misses notifications, and soon listens on a new one. */
  reconnect(): void {
    if (this.#session?.isReady === true) this.#handleLoss(this.#session);
  }

  /**
   * Removes a subscriber. Without subscribers, stops listening to the schema; without schemas, disconnects, within
   * about a second whatever the network does.
   */
  async unsubscribe({ name }: Schema, callback: () => void): Promise<void> {
    const channel = this.#channels.get(name);
    channel?.callbacks.delete(callback);
    if (channel === undefined || channel.callbacks.size > 0) return;
    this.#channels.delete(name);
    if (this.#channels.size === 0) await this.#disconnect();
    else if (this.#session !== undefined) await within(this.#unlisten(this.#session, channel), DISCONNECT_MS);
  }

  /** Connects. After a loss, `#handleLoss` calls it again. Never rejects. */
  #start(): void {
    this.#connecting = this.#connect();
  }

  async #connect(): Promise<void> {
    this.#retry = undefined;
    let session: Session | undefined;
    try {
      session = this.#begin();
      const { client } = session;
      await client.connect();
      if (!(await isDirectlyConnected(client))) {
        return this.#giveUp(session);
      }
      session.isReady = true;
      for (const channel of this.#channels.values()) await this.#listen(session, channel);
    } catch {
      this.#handleLoss(session);
    }
  }

  /** @throws what the driver throws, as where it can't read a certificate that the address names. */
  #begin(): Session {
    const session = { ...ownClient(this.#options, CLIENT_OPTIONS), isReady: false };
    const { client } = session;
    this.#session = session;
    client.on('notification', (notification) => this.#notify(notification));
    client.on('error', () => this.#handleLoss(session));
    client.on('end', () => this.#handleLoss(session));
    return session;
  }

  async #listen(session: Session, channel: Channel): Promise<void> {
    if (channel.session === session) return;
    channel.session = session;
    const { name, listenLock } = channel.schema;
    try {
      await session.client.query(`LISTEN "${name}"`);
      // Writers send notifications only while a listener holds this lock.
      await query(session.client, 'SELECT pg_catalog.pg_advisory_lock_shared($1)', [listenLock.toString()]);
    } catch {
      return this.#handleLoss(session);
    }
    channel.isListening = this.#session === session;
    // Earlier writes sent no notification, so subscribers must poll now.
    for (const callback of channel.callbacks) callback();
  }

  async #unlisten(session: Session, { schema }: Channel): Promise<void> {
    const unlock = `UNLISTEN "${schema.name}"; SELECT pg_catalog.pg_advisory_unlock_shared(${schema.listenLock}::bigint)`;
    await session.client.query(unlock).catch(() => this.#handleLoss(session));
  }

  #notify({ channel }: Notification): void {
    for (const callback of this.#channels.get(channel)?.callbacks ?? []) callback();
  }

  /** Without a session: none could be made. */
  #handleLoss(session: Session | undefined): void {
    if (this.#session !== session) return;
    this.#session = undefined;
    session?.socket.destroy();
    for (const channel of this.#channels.values()) {
      channel.isListening = false;
      // Until the connection is back, subscribers must poll.
      for (const callback of channel.callbacks) callback();
    }
    if (this.#channels.size > 0) this.#retry = setTimeout(() => this.#start(), RETRY_MS).unref();
  }

  /** Stops for good: behind a pooler, notifications never arrive. */
  #giveUp(session: Session): void {
    this.#isGivenUp = true;
    this.#session = undefined;
    session.socket.destroy();
  }

  async #disconnect(): Promise<void> {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    // A connection that is not established, or receives nothing, can only be destroyed.
    if (session.isReady) await within(session.client.end(), DISCONNECT_MS).catch(() => undefined);
    session.socket.destroy();
    await this.#connecting;
  }
}
