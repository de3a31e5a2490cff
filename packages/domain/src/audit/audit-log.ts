import {
  laterPosition,
  type Observe,
  type OptionRules,
  parseOptions,
  type Position,
  ProjectionRunner,
  type RecordedEvent,
  rule,
  START,
  type Store,
  yieldToLoop,
} from '@login-policy/event-sourcing';
import type { InstanceRef } from '../policy/owner.js';
import type { ReadAnswer } from '../reads/answers.js';
import { Calls } from '../calls.js';
import { sequenceOf } from '../policy/change-info.js';
import { toDateTime } from '../reads/details.js';
import { CSV_HEADER, csvLine, entryJson, type AuditEntry } from './audit-export.js';
import { parseAuditExport, parseAuditPage, type AuditExportOptions, type AuditPageOptions } from './audit-input.js';
import { auditProjection, isUpTo, ownerOfEvent, timeOfKey, type AuditRow } from './audit-projection.js';
import { readEntries, type KeyedEvent } from './audit-reader.js';
import { isStore } from '../login-policies-options.js';

/** The options of an audit log. */
export interface AuditLogOptions {
  readonly store: Store;
  /** For followed read models (EventStoreDB): as for the login policies. Default 10,000. */
  readonly maxAgeMs?: number;
  /** Observes every call and its duration. */
  readonly observe?: Observe;
}

/** A page of an audit log. */
export interface AuditPage {
  readonly kind: 'audit';
  /** With several filters there may be fewer than the limit, or none, although more pages follow. */
  readonly entries: readonly AuditEntry[];
  /** Pass it as `after` to get the next page; `undefined` on the last page. */
  readonly next: string | undefined;
  /**
   * Pass it as `after`, with the other direction, to get the entries before this page; `undefined` on an empty page.
   */
  readonly previous: string | undefined;
  /** The position up to which the page is complete. */
  readonly position: Position;
}

/** An export of an audit log. */
export interface AuditExport {
  readonly kind: 'audit-export';
  /** The position up to which the export is complete. */
  readonly position: Position;
  /**
   * The text, a few entries at a time: the next are read when the previous ones have been taken. It throws if it is cut
   * short.
   */
  readonly text: AsyncGenerator<string, void, undefined>;
}

/** The number of entries exported at a time. */
const PART = 500;

/**
 * All changes of all policies of an instance, in commit order. It has a read model of its own, which is kept up to date
 * only where it was opened (docs/how-to/audit.md).
 */
export class AuditLog {
  /** The runner of the read model: its state, its lag, its rebuild. */
  readonly readModel: ProjectionRunner<RecordedEvent, AuditRow>;
  readonly #calls: Calls;

  /** Only for {@link openAuditLog}. */
  constructor(readModel: ProjectionRunner<RecordedEvent, AuditRow>, observe: Observe | undefined) {
    this.readModel = readModel;
    this.#calls = new Calls('the audit log', observe);
  }

  /** A page of the matching changes of an instance's policies, newest or oldest first. */
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

  /** All matching changes of an instance's policies as text, oldest first, complete up to the position it returns. */
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

  /** Stops the background work; every later call rejects with `StoreClosed`. The store stays open. Idempotent. */
  async close(options: { readonly closeMs?: number | undefined } = {}): Promise<void> {
    this.#calls.close();
    await this.readModel.close(options);
  }

  /** Closes it at the end of an `await using` scope. */
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
      // With `atLeast`, no page is of a history that a restore put in place of this one.
      const freshness = { signal, atLeast: position };
      const wanted = { of, filter, after, direction: 'forwards', limit: PART, freshness } as const;
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
 * Opens the audit log of a store: reads in the existing events, and from then on updates it with each append. Close it
 * before the store.
 *
 * @throws Fault as the store does.
 * @throws RangeError that names an unknown or malformed option.
 */
export async function openAuditLog(given: AuditLogOptions): Promise<AuditLog> {
  const { store, maxAgeMs, observe } = parseOptions(given, 'openAuditLog', OPTIONS);
  return new AuditLog(await ProjectionRunner.open({ store, projection: auditProjection, maxAgeMs }), observe);
}

const OPTIONS: OptionRules<AuditLogOptions> = {
  store: rule.mustBe('an opened store', isStore),
  maxAgeMs: rule.optional(rule.numberBetween(0, Number.MAX_SAFE_INTEGER)),
  observe: rule.optional(rule.aFunction),
};

function jsonLine(entry: AuditEntry): string {
  return `${JSON.stringify(entryJson(entry))}\n`;
}

function entryOf({ event, key }: KeyedEvent): AuditEntry {
  const { id, type, data, recordedAt, position, metadata } = event;
  const { actor, causationId, correlationId, reason } = metadata;
  return {
    owner: ownerOfEvent(event),
    sequence: sequenceOf(event),
    eventId: id,
    type,
    data,
    recordedAt: toDateTime(recordedAt),
    loggedAt: toDateTime(timeOfKey(key)),
    position,
    actor,
    correlationId,
    ...(reason !== undefined && { reason }),
    ...(causationId !== undefined && { causationId }),
  };
}
