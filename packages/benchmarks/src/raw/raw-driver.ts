import type { PlainEvent, PlainPolicy } from '../workload/plain-policy.js';

/** What was decided: events to append behind those there are, and the policy after them. */
export interface Decided {
  readonly stream: string;
  /** The revision the first of the events must get; the store's unique key refuses another. */
  readonly revision: number;
  readonly events: readonly PlainEvent[];
  readonly policy: PlainPolicy;
}

/** An event, and when it was recorded. */
export interface RawEvent {
  readonly event: PlainEvent;
  readonly at: number;
}

/** What a scan does with each event. */
export type Each = (stream: string, event: PlainEvent, at: number) => void;

/** A row of the table of policies, and the stream it belongs to. */
export type RawRow = readonly [stream: string, policy: PlainPolicy];

/** What a careful engineer asks of a database: each method is one transaction, and every statement is prepared. */
export interface RawDriver {
  /** Appends the events, and keeps the row of each policy, for all that was decided. */
  write(decided: readonly Decided[]): unknown;
  /** Appends the events only. */
  append(decided: readonly Decided[]): unknown;
  /** The rows there are under these names, that of an instance first. */
  read(streams: readonly string[]): PlainPolicy[] | Promise<PlainPolicy[]>;
  /** Hands out the next 1,000 events, and answers with the position of the last; with none when there are none. */
  page(after: number, each: Each): number | undefined | Promise<number | undefined>;
  /** The last so many events of a stream before a revision, the newest first. */
  before(stream: string, revision: number, count: number): RawEvent[] | Promise<RawEvent[]>;
  /** The streams of an instance's custom policies, in their order. */
  customized(instance: string): string[] | Promise<string[]>;
  /** Keeps rows and how far they are. */
  keep(rows: readonly RawRow[], position: number): unknown;
  close(): unknown;
}

/** The event of its columns: unchecked, as by hand. */
export function parseEvent(type: string, text: string): PlainEvent {
  return plainEvent(type, JSON.parse(text));
}

/** The event of its data, as it was stored. */
export function plainEvent(type: string, data: unknown): PlainEvent {
  const event: unknown = { type, data };
  if (isEvent(event)) return event;
  throw new TypeError(`this is not an event: ${type}`);
}

/** The policy of its row. */
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

/** The columns of the index that finds the custom policies of an instance. */
export function instanceOfStream(stream: string): string | null {
  const slash = stream.indexOf('/');
  return slash === -1 ? null : stream.slice(stream.indexOf('-') + 1, slash);
}
