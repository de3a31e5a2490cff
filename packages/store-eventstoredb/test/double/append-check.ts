import type { EventLog, LogRecord, Proposal } from './event-log.js';
import { DELETED, hasMetadata, isSoftDeleted } from './visibility.js';

/** What a writer expects of a stream. `revision` is below 2^63. */
export type Expectation = bigint | 'no_stream' | 'any' | 'stream_exists';

/** The record of an append without events (real servers). */
const EMPTY_APPEND_BYTES = 95n;

/** What becomes of an append. */
export type AppendResult =
  | { readonly result: 'written'; readonly revision: bigint; readonly position: bigint | undefined }
  | { readonly result: 'wrong-version'; readonly current: bigint }
  | { readonly result: 'deleted' }
  /** Known ids in another order than they were written in: the server says nothing at all. */
  | { readonly result: 'no-answer' };

/**
 * Appends as the server does: the order of checks and the table of reference §2.3, with the two stores it needs: the
 * log, which lasts forever, and the id cache, which a restart empties (checklist 11–13).
 */
export class Appender {
  readonly #log: EventLog;
  #cache = new Map<string, LogRecord>();

  constructor(log: EventLog) {
    this.#log = log;
  }

  /** Forgets the ids that `any` and `stream_exists` go by, as a restart or a new leader does (reference §0.2). */
  forgetIds(): void {
    this.#cache = new Map();
  }

  append(streamName: string, expected: Expectation, proposals: readonly Proposal[]): AppendResult {
    const log = this.#log;
    if (log.isTombstoned(streamName)) return { result: 'deleted' };
    const head = log.head(streamName);
    if (expected === 'stream_exists') {
      if (isSoftDeleted(log, streamName)) return { result: 'deleted' };
      if (head < 0n && !hasMetadata(log, streamName)) return { result: 'wrong-version', current: head };
    }
    if (proposals.length === 0) return this.#appendNothing(streamName, head, expected);
    const verdict =
      expected === 'any' || expected === 'stream_exists'
        ? this.#byIds(streamName, head, proposals)
        : this.#byLog(streamName, expected === 'no_stream' ? -1n : expected, proposals);
    return verdict ?? this.#write(streamName, head, proposals);
  }

  /** Checklist 15: an empty append writes a record that no read returns, and tells the head. */
  #appendNothing(streamName: string, head: bigint, expected: Expectation): AppendResult {
    if (typeof expected === 'bigint' && expected !== head) return { result: 'wrong-version', current: head };
    if (expected === 'no_stream' && head >= 0n) return { result: 'wrong-version', current: head };
    const position = this.#log.end;
    this.#log.writeHidden(EMPTY_APPEND_BYTES);
    // Real servers.
    if (isSoftDeleted(this.#log, streamName)) writeMetadata(this.#log, streamName, { $tb: head + 1n });
    return { result: 'written', revision: head, position };
  }

  /** `any` and `stream_exists`: only the first id decides whether this is looked at as a repeat. */
  #byIds(streamName: string, head: bigint, proposals: readonly Proposal[]): AppendResult | undefined {
    const known = proposals.map(({ id }) => this.#cache.get(`${streamName} ${id.toLowerCase()}`));
    if (known[0] === undefined) return undefined;
    const last = known.at(-1);
    if (last === undefined || known.includes(undefined)) return { result: 'wrong-version', current: head };
    const isInOrder = known.every((record, index) => (known[index - 1]?.revision ?? -1n) <= (record?.revision ?? 0n));
    if (!isInOrder) return { result: 'no-answer' };
    return { result: 'written', revision: last.revision, position: last.position };
  }

  /**
   * A revision or `no_stream`: the events after it in the log decide. At the head nothing is compared (checklist 12).
   */
  #byLog(streamName: string, expected: bigint, proposals: readonly Proposal[]): AppendResult | undefined {
    const stream = this.#log.stream(streamName);
    const head = BigInt(stream.length) - 1n;
    if (expected === head) return undefined;
    if (expected > head) return { result: 'wrong-version', current: head };
    const there = stream.slice(Number(expected) + 1, Number(expected) + 1 + proposals.length);
    if (there[0]?.id === proposals[0]?.id.toLowerCase()) {
      const isRepeat = proposals.every(({ id }, index) => there[index]?.id === id.toLowerCase());
      if (!isRepeat) return { result: 'wrong-version', current: head };
      const position = isSoftDeleted(this.#log, streamName) ? undefined : there.at(-1)?.position;
      return { result: 'written', revision: expected + BigInt(proposals.length), position };
    }
    if (expected === -1n && isSoftDeleted(this.#log, streamName)) return undefined;
    return { result: 'wrong-version', current: head };
  }

  #write(streamName: string, head: bigint, proposals: readonly Proposal[]): AppendResult {
    const wasDeleted = isSoftDeleted(this.#log, streamName);
    const written = this.#log.write(streamName, proposals);
    for (const record of written) {
      const key = `${streamName} ${record.id}`;
      // Twice in one append, an id stands for its first place.
      if (!this.#cache.has(key)) this.#cache.set(key, record);
    }
    // A soft-deleted stream goes on counting and is revived at the first new event (checklist 23).
    if (wasDeleted) writeMetadata(this.#log, streamName, { $tb: head + 1n });
    const last = written.at(-1);
    return { result: 'written', revision: last?.revision ?? head, position: last?.position };
  }

  /** Soft: writes metadata that hides everything, in the place of what was there (reference §6). */
  delete(streamName: string, expected: Expectation): AppendResult {
    const refused = this.#refuseDelete(streamName, expected);
    if (refused !== undefined) return refused;
    const head = this.#log.head(streamName);
    // Checklist 25: a stream that never was can't be soft-deleted.
    if (head < 0n && !hasMetadata(this.#log, streamName)) return { result: 'wrong-version', current: head };
    const record = writeMetadata(this.#log, streamName, { $tb: DELETED });
    return { result: 'written', revision: head, position: record?.position };
  }

  /** Hard: forever, and also for a stream that never was (checklist 25). */
  tombstone(streamName: string, expected: Expectation): AppendResult {
    const refused = this.#refuseDelete(streamName, expected);
    if (refused !== undefined) return refused;
    const record = this.#log.tombstone(streamName);
    return { result: 'written', revision: record?.revision ?? 0n, position: record?.position };
  }

  #refuseDelete(streamName: string, expected: Expectation): AppendResult | undefined {
    if (this.#log.isTombstoned(streamName)) return { result: 'deleted' };
    if (expected === 'stream_exists' && isSoftDeleted(this.#log, streamName)) return { result: 'deleted' };
    const head = this.#log.head(streamName);
    const wanted = expected === 'no_stream' ? -1n : expected;
    return typeof wanted === 'bigint' && wanted !== head ? { result: 'wrong-version', current: head } : undefined;
  }
}

/** Writes a stream's metadata. Numbers go out in full: as JSON numbers they would be rounded (reference §6). */
export function writeMetadata(
  log: EventLog,
  streamName: string,
  metadata: Readonly<Record<string, bigint>>,
): LogRecord | undefined {
  const fields = Object.entries(metadata).map(([name, value]) => `${JSON.stringify(name)}:${value}`);
  const data = Buffer.from(`{${fields.join(',')}}`);
  const id = globalThis.crypto.randomUUID();
  return log.write(`$$${streamName}`, [{ id, type: '$metadata', isJson: true, data, metadata: new Uint8Array() }])[0];
}
