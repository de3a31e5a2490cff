import { randomFillSync, randomUUID } from 'node:crypto';
import type { PlainEvent, PlainPolicy } from '../workload/plain-policy.js';

/** A decision: events to append, and the policy after them. */
export interface Decision {
  readonly stream: string;
  /** The revision of the first event; the store's unique key refuses another. */
  readonly revision: number;
  readonly events: readonly PlainEvent[];
  readonly policy: PlainPolicy;
}

/** An event, and when it was recorded. */
export interface RawEvent {
  readonly event: PlainEvent;
  readonly at: number;
}

/** The callback of a scan. */
export type OnEvent = (stream: string, event: PlainEvent, at: number) => void;

/** A row of the table of policies, with its stream. */
export type RawRow = readonly [stream: string, policy: PlainPolicy];

/** The metadata of an event as an event must have it: with two salts of 16 random bytes. */
export interface RawMetadata {
  readonly actor: string;
  readonly correlationId: string;
  readonly actorSalt: string;
  readonly reasonSalt: string;
}

const SALT_BYTES = 16;
const pool = Buffer.alloc(64 * SALT_BYTES);
let used = pool.length;

/** New metadata. Random bytes are drawn many at a time. */
export function newMetadata(): RawMetadata {
  return { actor: 'bench', correlationId: randomUUID(), actorSalt: newSalt(), reasonSalt: newSalt() };
}

function newSalt(): string {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.toString('base64url', used, (used += SALT_BYTES));
}

/** What a careful engineer needs of a database: each method is one transaction, and all statements are prepared. */
export interface RawDriver {
  /** Appends the events and updates the row of each policy, for all decisions. */
  write(decided: readonly Decision[]): unknown;
  /** Appends only the events. */
  append(decided: readonly Decision[]): unknown;
  /** The rows under these names, the instance's first. */
  read(streams: readonly string[]): PlainPolicy[] | Promise<PlainPolicy[]>;
  /** Passes on the next 1,000 events and returns the last position; nothing at the end. */
  page(after: number, each: OnEvent): number | undefined | Promise<number | undefined>;
  /** The last `count` events of a stream before a revision, newest first. */
  before(stream: string, revision: number, count: number): RawEvent[] | Promise<RawEvent[]>;
  /** The streams of an instance's custom policies, in order. */
  customized(instance: string): string[] | Promise<string[]>;
  /** Stores rows and their checkpoint. */
  storeRows(rows: readonly RawRow[], position: number): unknown;
  close(): unknown;
}

/** An event from its columns, unchecked. */
export function parseEvent(type: string, text: string): PlainEvent {
  return plainEvent(type, JSON.parse(text));
}

/** An event from its stored data. */
export function plainEvent(type: string, data: unknown): PlainEvent {
  const event: unknown = { type, data };
  if (isEvent(event)) return event;
  throw new TypeError(`this is not an event: ${type}`);
}

/** A policy from its row. */
export function parsePolicy(row: string): PlainPolicy {
  const policy: unknown = JSON.parse(row);
  if (isPolicy(policy)) return policy;
  throw new TypeError(`this is not a policy: ${row}`);
}

function isEvent(value: unknown): value is PlainEvent {
  return typeof value === 'object' && value !== null;
}

function isPolicy(value: unknown): value is PlainPolicy {
  return typeof value === 'object' && value !== null;
}

/** The instance of a custom policy's stream, for the index by instance; `null` for the default policy. */
export function instanceOfStream(stream: string): string | null {
  const slash = stream.indexOf('/');
  return slash === -1 ? null : stream.slice(stream.indexOf('-') + 1, slash);
}

/** A factor that a policy begins or ceases to allow. */
export interface FactorChange {
  readonly isAllowed: boolean;
  readonly instance: string;
  readonly factor: string;
  readonly stream: string;
}

/** What changes in the index of who allows which factor. */
export function factorChanges(decided: readonly Decision[]): readonly FactorChange[] {
  const changes: FactorChange[] = [];
  for (const { stream, events } of decided)
    for (const { type, data } of events)
      if ('factor' in data) {
        const instance = instanceOfStream(stream) ?? '';
        changes.push({ isAllowed: type.endsWith('Added'), instance, factor: data.factor, stream });
      }
  return changes;
}
