import { type EventId, Fault, type Instant, type Position, START } from '@login-policy/event-sourcing';
import type { Database } from './database.js';
import type { Statement } from './statement.js';
import { isEventId, positionOf } from '@login-policy/event-sourcing/store';

/** The parts of a stream's last event that an append needs. */
export interface StreamHead {
  readonly revision: number;
  readonly recordedAt: Instant;
  readonly id: EventId;
}

/** The number of an event in the log, from 1, and its id. */
export type OrdinalAndId = readonly [ordinal: number, id: string];

/** An event's row for an insert. */
type NewRow = [
  position: number,
  stream: string,
  revision: number,
  type: string,
  schemaVersion: number,
  recordedAt: Instant,
  id: string,
  data: string,
  metadata: string,
  append: number,
];

/** Reads events of a stream from a revision on. */
type StreamPage = Statement<[stream: string, from: bigint, limit: number], EventRow>;

/** A receipt with its stream and key. */
export interface ReceiptRow {
  readonly stream: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly revision: number;
}

/**
 * The prepared statements on events and receipts. They are cached, because preparing most costs more than running them.
 */
export interface EventStatements {
  readonly insert: Statement<NewRow>;
  readonly streamHead: Statement<[stream: string], StreamHead>;
  /** The last event; no row in an empty store. */
  readonly head: Statement<[], OrdinalAndId>;
  readonly idAt: Statement<[position: number], string>;
  readonly lastUpTo: Statement<[position: number], readonly [...OrdinalAndId, append: number]>;
  readonly forwards: StreamPage;
  readonly backwards: StreamPage;
  readonly receipt: Statement<[stream: string, key: string], { fingerprint: string; revision: number }>;
  readonly receiptsAfter: Statement<[stream: string, key: string, limit: number], ReceiptRow>;
  readonly erase: Statement<[metadata: string, stream: string, revision: bigint, id: string]>;
  readonly insertReceipt: Statement<[stream: string, key: string, fingerprint: string, revision: number]>;
}

/** Prepares the statements on events and receipts. */
export function eventStatements(database: Database): EventStatements {
  return {
    insert: database.prepare(
      `INSERT INTO events (position, stream, revision, type, schema_version, recorded_at, id, data, metadata, append)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    streamHead: database.prepare(
      'SELECT revision, recorded_at AS recordedAt, id FROM events WHERE stream = ? ORDER BY revision DESC LIMIT 1',
    ),
    head: database.prepare('SELECT position, id FROM events ORDER BY position DESC LIMIT 1', 'list'),
    idAt: database.prepare('SELECT id FROM events WHERE position = ?', 'value'),
    lastUpTo: database.prepare(
      'SELECT position, id, append FROM events WHERE position <= ? ORDER BY position DESC LIMIT 1',
      'list',
    ),
    forwards: streamPage(database, '>= ? ORDER BY revision ASC'),
    backwards: streamPage(database, '<= ? ORDER BY revision DESC'),
    receipt: database.prepare(`SELECT fingerprint, revision FROM receipts WHERE stream = ? AND key = ?`),
    receiptsAfter: database.prepare(
      `SELECT stream, key, fingerprint, revision
       FROM receipts WHERE (stream, key) > (?, ?) ORDER BY receipts.stream, receipts.key LIMIT ?`,
    ),
    erase: database.prepare('UPDATE events SET metadata = ? WHERE stream = ? AND revision = ? AND id = ?'),
    insertReceipt: database.prepare('INSERT INTO receipts (stream, key, fingerprint, revision) VALUES (?, ?, ?, ?)'),
  };
}

function streamPage(database: Database, range: string): StreamPage {
  const sql = `SELECT ${READ_COLUMNS} FROM events WHERE stream = ? AND revision ${range} LIMIT ?`;
  return database.prepare(sql, 'list');
}

/** The position of the last event; `START` without events. @throws StoreDamaged when its id is not a ULID. */
export function headOf(last: OrdinalAndId | undefined, store: string): Position {
  return last === undefined ? START : positionAt(last, store);
}

/** The position of an event. @throws StoreDamaged when its id is not a ULID. */
export function positionAt([ordinal, id]: OrdinalAndId, store: string): Position {
  if (isEventId(id)) return positionOf(ordinal, id);
  throw new Fault('store-damaged', {
    store,
    problem: `the event at position ${ordinal} can't be read (its id is not a ULID)`,
  });
}

/** The columns of an event's row in a read. */
export const READ_COLUMNS = 'position, stream, revision, type, schema_version, recorded_at, append, id, data, metadata';

/** An event as the driver returns it: a list, which takes half the time of an object. */
export type EventRow = readonly [
  position: number,
  stream: string,
  revision: number,
  type: string,
  schemaVersion: number,
  recordedAt: number,
  append: number,
  id: string,
  data: string,
  metadata: string,
];
