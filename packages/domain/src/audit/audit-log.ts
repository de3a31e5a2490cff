import {
  ProjectionRunner,
  laterPosition,
  START,
  type EventId,
  type JsonObject,
  type Observe,
  type Position,
  type RecordedEvent,
  type Store,
} from '@login-policy/event-sourcing';
import {
  aFunction,
  mustBe,
  numberBetween,
  optional,
  parseOptions,
  type OptionRules,
} from '@login-policy/event-sourcing/options';
import type { DateTime } from 'luxon';
import { isStore } from '../open-login-policies.js';
import type { InstanceRef, Owner } from '../policy/owner.js';
import { yieldToLoop } from '../reads/affected.js';
import type { ReadAnswer } from '../reads/answers.js';
import { Calls } from '../reads/calls.js';
import { sequenceOf } from '../policy/marks.js';
import { toDateTime } from '../reads/details.js';
import { CSV_HEADER, csvLine, entryJson } from './audit-export.js';
import { parseAuditExport, parseAuditPage, type AuditExportOptions, type AuditPageOptions } from './audit-input.js';
import { auditProjection, isUpTo, ownerOfEvent, type AuditRow } from './audit-projection.js';
import { readEntries, type KeyedEvent } from './audit-reader.js';

/** What an audit log is kept in. */
export interface AuditLogOptions {
  readonly store: Store;
  /** Where read models are followed (EventStoreDB): as for the login policies. Default 10,000. */
  readonly maxAgeMs?: number;
  /** Is told of every call, with how long it took. */
  readonly observe?: Observe;
}

/** One event of one policy: who did what, when and why. */
export interface AuditEntry {
  /** Whose policy. */
  readonly owner: Owner;
  /** Its place among the events of that policy. */
  readonly sequence: bigint;
  readonly eventId: EventId;
  /** Also one that this program does not know. */
  readonly type: string;
  /** What the event says, as it was recorded (docs/reference/events.md). */
  readonly data: JsonObject;
  readonly recordedAt: DateTime<true>;
  /** Its place in the order of the whole store. */
  readonly position: Position;
  readonly actor: string;
  readonly reason?: string;
  readonly correlationId: string;
  readonly causationId?: string;
}

/** A page of an audit log. */
export interface AuditPage {
  readonly kind: 'audit';
  /** Of several filters at once there may be fewer than the limit, or none, and more behind them. */
  readonly entries: readonly AuditEntry[];
  /** Give it as `after` to get the next page; `undefined` when this is the last. */
  readonly next: string | undefined;
  /** Give it as `after`, with the other direction, to get what comes before this page; `undefined` of an empty page. */
  readonly previous: string | undefined;
  /** The place in the order of the whole store that the page holds for. */
  readonly position: Position;
}

/** An export of an audit log. */
export interface AuditExport {
  readonly kind: 'audit-export';
  /** It is complete up to here. */
  readonly position: Position;
  /** The text, some entries at a time: each is read when the one before was taken in. Ended early, it throws. */
  readonly text: AsyncGenerator<string, void, undefined>;
}

/** So many entries are exported at a time. */
const PART = 500;

/**
 * Every change of every policy of an instance, in the order of commits: a read model of its own, which is kept only where it was opened
 * (docs/how-to/audit.md).
 */
export class AuditLog {
  /** What keeps it up: its state, its lag, its rebuild. */
  readonly readModel: ProjectionRunner<RecordedEvent, AuditRow>;
  readonly #calls: Calls;

  /** For {@link openAuditLog} only. */
  constructor(readModel: ProjectionRunner<RecordedEvent, AuditRow>, observe: Observe | undefined) {
    this.readModel = readModel;
    this.#calls = new Calls(observe);
  }

  /** A page of the changes of an instance's policies that a filter names, newest first or oldest first. */
  entries(instance: InstanceRef, options: AuditPageOptions = {}): Promise<ReadAnswer<AuditPage>> {
    return this.#calls.answer(
      'auditLog.entries',
      () => parseAuditPage(instance, options),
      async ({ of, wanted }) => {
        const { found, lastKey, position } = await readEntries(this.readModel, { ...wanted, of });
        const previous = found[0]?.key;
        return { outcome: 'found', kind: 'audit', entries: found.map(entryOf), next: lastKey, previous, position };
      },
    );
  }

  /** All changes of an instance's policies that a filter names, oldest first, as text: complete up to the position it names. */
  export(instance: InstanceRef, options: AuditExportOptions): Promise<ReadAnswer<AuditExport>> {
    return this.#calls.answer(
      'auditLog.export',
      () => parseAuditExport(instance, options),
      async ({ freshness, upTo, ...asked }) => {
        const atLeast = laterPosition(freshness.atLeast ?? START, upTo ?? START);
        const { checkpoint = START } = await this.readModel.read([], { ...freshness, atLeast });
        const position = upTo ?? checkpoint;
        return {
          outcome: 'found',
          kind: 'audit-export',
          position,
          text: this.#text(asked, position, freshness.signal),
        };
      },
    );
  }

  /** Stops what runs in the background; every later call rejects with `StoreClosed`. The store stays open. Twice is once. */
  async close(options: { readonly closeMs?: number | undefined } = {}): Promise<void> {
    this.#calls.close();
    await this.readModel.close(options);
  }

  /** Closes it where `await using` leaves its scope. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async *#text(
    { of, filter, format }: Pick<ReturnType<typeof parseAuditExport>, 'filter' | 'format' | 'of'>,
    position: Position,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<string, void, undefined> {
    const isCsv = format === 'csv';
    if (isCsv) yield CSV_HEADER;
    let [after, count]: [string | undefined, number] = [undefined, 0];
    do {
      const wanted = { of, filter, after, direction: 'forwards', limit: PART, freshness: { signal } } as const;
      const { found, lastKey } = await readEntries(this.readModel, wanted);
      const entries = found.filter(({ key }) => isUpTo(key, position)).map(entryOf);
      count += entries.length;
      if (entries.length > 0) yield entries.map(isCsv ? csvLine : jsonLine).join('');
      after = lastKey !== undefined && isUpTo(lastKey, position) ? lastKey : undefined;
      await yieldToLoop();
    } while (after !== undefined);
    if (!isCsv) yield `${JSON.stringify({ end: { position: String(position), entries: count } })}\n`;
  }
}

/**
 * Opens the audit log of a store: from then on each append keeps it, and what was recorded before is read in. Close it before the store.
 *
 * @throws Fault as the store does.
 * @throws RangeError naming an option that is unknown or malformed.
 */
export async function openAuditLog(given: AuditLogOptions): Promise<AuditLog> {
  const { store, maxAgeMs, observe } = parseOptions(given, 'openAuditLog', OPTIONS);
  return new AuditLog(await ProjectionRunner.open({ store, projection: auditProjection, maxAgeMs }), observe);
}

const OPTIONS: OptionRules<AuditLogOptions> = {
  store: mustBe('an opened store', isStore),
  maxAgeMs: optional(numberBetween(0, Number.MAX_SAFE_INTEGER)),
  observe: optional(aFunction),
};

function jsonLine(entry: AuditEntry): string {
  return `${JSON.stringify(entryJson(entry))}\n`;
}

function entryOf({ event }: KeyedEvent): AuditEntry {
  const { id, type, data, recordedAt, position, metadata } = event;
  const { actor, causationId, correlationId, reason } = metadata;
  return {
    owner: ownerOfEvent(event),
    sequence: sequenceOf(event),
    eventId: id,
    type,
    data,
    recordedAt: toDateTime(recordedAt),
    position,
    actor,
    correlationId,
    ...(reason !== undefined && { reason }),
    ...(causationId !== undefined && { causationId }),
  };
}
