import { Fault, parseStreamId, type StreamId } from '@login-policy/event-sourcing';
import type { Database } from './database.js';
import type { Statement } from './statement.js';
import type { EventStatements, OrdinalAndId } from './event-statements.js';

const CACHED_NAMES = 100_000;

/**
 * The texts that recur in events (names of streams, categories and types), each stored once under a number. This makes
 * rows smaller, and readers get the same string object for the same name, which speeds up their maps.
 */
export class Names {
  /** The database's name, for faults. */
  readonly store: string;
  readonly #find: Statement<[name: string], number>;
  readonly #read: Statement<[id: number], string>;
  readonly #add: Statement<[name: string]>;
  readonly #next: Statement<[after: string, count: number], readonly [id: number, name: string]>;
  readonly #ids = new Map<string, number>();
  readonly #texts = new Map<number, string>();
  readonly #streams = new Map<number, StreamId>();
  readonly #events: Pick<EventStatements, 'head' | 'idAt'>;
  /** An event of the log in which all cached names exist. */
  #lastEvent: OrdinalAndId | undefined;

  constructor(database: Database, events: Pick<EventStatements, 'head' | 'idAt'>) {
    this.store = database.name;
    this.#events = events;
    database.onForeignChange(() => this.#clearIfOutdated());
    this.#find = database.prepare('SELECT id FROM names WHERE name = ?', 'value');
    this.#read = database.prepare(`SELECT name FROM names WHERE id = ?`, 'value');
    this.#add = database.prepare('INSERT INTO names (name) VALUES (?)');
    this.#next = database.prepare(`SELECT id, name FROM names WHERE name > ? ORDER BY name LIMIT ?`, 'list');
  }

  /** The number of a name; `undefined` when no event has it. */
  find(name: string): number | undefined {
    return this.#ids.get(name) ?? cacheIn(this.#ids, name, this.#find.get(name));
  }

  /** The number of a name. Adds the name if it is missing, so it needs an open transaction. */
  findOrAdd(name: string): number {
    return this.find(name) ?? cacheIn(this.#ids, name, Number(this.#add.run(name).lastInsertRowid));
  }

  /** The text with this number. @throws StoreDamaged when there is none. */
  textOf(id: number): string {
    const known = this.#texts.get(id);
    if (known !== undefined) return known;
    const found = this.#read.get(id);
    if (found === undefined)
      throw new Fault('store-damaged', { store: this.store, problem: `the name with the number ${id} is missing` });
    return cacheIn(this.#texts, id, found);
  }

  /** Caches the next names in order and returns the last of them, for a reader that needs each name once. */
  cacheAfter(name: string, count: number): string | undefined {
    const next = this.#next.all(name, count);
    for (const [id, text] of next) cacheIn(this.#texts, id, text);
    return next.at(-1)?.[1];
  }

  /** The stream with this number. @throws StoreDamaged when there is none. */
  streamOf(id: number): StreamId {
    return this.#streams.get(id) ?? cacheIn(this.#streams, id, this.#parse(this.textOf(id)));
  }

  #parse(text: string): StreamId {
    try {
      return parseStreamId(text);
    } catch (cause) {
      throw new Fault(
        'store-damaged',
        { store: this.store, problem: `${JSON.stringify(text)} is not a stream's name` },
        cause,
      );
    }
  }

  /** Call it with an event before it is written under cached names. */
  noteEvent(event: OrdinalAndId): void {
    this.#lastEvent = event;
  }

  /**
   * Clears the cache if its last event no longer exists, because numbers may stand for other names after a rollback or
   * a restored backup.
   */
  #clearIfOutdated(): void {
    if (this.#lastEvent !== undefined && this.#events.idAt.get(this.#lastEvent[0]) !== this.#lastEvent[1]) {
      for (const known of [this.#ids, this.#texts, this.#streams]) known.clear();
    }
    const last = this.#events.head.get();
    this.#lastEvent = last === undefined ? undefined : [last[0], last[1]];
  }
}

function cacheIn<Key, Value>(known: Map<Key, Value>, key: Key, value: Value): Value;
function cacheIn<Key, Value>(known: Map<Key, Value>, key: Key, value: Value | undefined): Value | undefined;
function cacheIn<Key, Value>(known: Map<Key, Value>, key: Key, value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined;
  if (known.size >= CACHED_NAMES) known.clear();
  known.set(key, value);
  return value;
}
