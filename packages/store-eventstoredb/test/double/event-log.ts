const CHUNK_BYTES = 256n * 1024n * 1024n;

/** One record of the server's log. */
export interface LogRecord {
  /** Commit and prepare position are the same for everything that gRPC can write (reference §0.1). */
  readonly position: bigint;
  readonly streamName: string;
  readonly revision: bigint;
  /** Lower case with hyphens, however it was sent (checklist 16). */
  readonly id: string;
  readonly type: string;
  readonly isJson: boolean;
  readonly data: Uint8Array;
  readonly metadata: Uint8Array;
  /** When it was written, in 100 ns ticks since 1970 (checklist 16). */
  readonly created: bigint;
}

/** What a client proposes to write. */
export type Proposal = Pick<LogRecord, 'id' | 'type' | 'isJson' | 'data' | 'metadata'>;

/** The revision of a tombstone's record (reference §3.3). */
export const TOMBSTONE_REVISION = 2n ** 63n - 1n;

/**
 * The log of the double and the streams in it. It only keeps: which appends are allowed is in `append-check.ts`, what a
 * reader sees of a stream in `visibility.ts`.
 */
export class EventLog {
  #records: LogRecord[] = [];
  /** Records from here on are written and not shown yet; `undefined`: all are shown. */
  #hiddenFrom: bigint | undefined;
  readonly #streams = new Map<string, LogRecord[]>();
  readonly #tombstones = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #starts = new Set<bigint>();
  #end = 0n;

  constructor() {
    // System events precede the first user event on every server (checklist 22).
    this.write('$scavenges', [systemEvent('$scavengeIndexInitialized')]);
    this.write('$user-admin', [systemEvent('$UserCreated')]);
  }

  /** What readers are shown: all records, unless some are hidden. */
  get records(): readonly LogRecord[] {
    const from = this.#hiddenFrom;
    return from === undefined ? this.#records : this.#records.filter(({ position }) => position < from);
  }

  /**
   * Hides what was or will be written from a position on (default: from the end), as an index does that lags behind its
   * log: a node that was elected just now, or an append of which the first events are shown before the last. Answered:
   * how to show all.
   */
  hideFrom(position: bigint = this.#end): () => void {
    this.#hiddenFrom = position;
    return () => {
      this.#hiddenFrom = undefined;
      for (const listener of [...this.#listeners]) listener();
    };
  }

  /** Records without a check. Positions rise strictly and with gaps, because they are byte offsets (checklist 9). */
  write(streamName: string, proposals: readonly Proposal[], revision?: bigint): readonly LogRecord[] {
    const stream = this.stream(streamName);
    const created = BigInt(Date.now()) * 10_000n;
    const written = proposals.map((proposal) => {
      const record = {
        ...proposal,
        id: proposal.id.toLowerCase(),
        position: this.#end,
        streamName,
        revision: revision ?? BigInt(stream.length),
        created,
      };
      this.#starts.add(this.#end);
      this.#end += BigInt(100 + proposal.data.length + proposal.metadata.length);
      this.#records.push(record);
      if (revision === undefined) stream.push(record);
      return record;
    });
    for (const listener of [...this.#listeners]) listener();
    return written;
  }

  /**
   * A record that no read of `$all` returns, as the server writes one whenever it starts (`$epoch-information`,
   * reference §3.3), and for an append without events. A read may begin at it.
   */
  writeHidden(bytes = 200n): void {
    this.#starts.add(this.#end);
    this.#end += bytes;
  }

  /** All events a stream ever had: what of it is visible is another matter. */
  stream(streamName: string): LogRecord[] {
    const known = this.#streams.get(streamName);
    if (known !== undefined) return known;
    const made: LogRecord[] = [];
    this.#streams.set(streamName, made);
    return made;
  }

  /** The events of a stream that readers are shown. */
  shown(streamName: string): readonly LogRecord[] {
    const from = this.#hiddenFrom;
    const all = this.#streams.get(streamName) ?? [];
    return from === undefined ? all : all.filter(({ position }) => position < from);
  }

  /** The revision of the stream's last event; -1 when it has none. */
  head(streamName: string): bigint {
    return BigInt((this.#streams.get(streamName)?.length ?? 0) - 1);
  }

  /** Ends a stream forever (reference §6). */
  tombstone(streamName: string): LogRecord | undefined {
    this.#tombstones.add(streamName);
    return this.write(streamName, [systemEvent('$streamDeleted')], TOMBSTONE_REVISION)[0];
  }

  /** Whether the stream, or the stream a metastream belongs to, has a tombstone. */
  isTombstoned(streamName: string): boolean {
    return this.#tombstones.has(streamName.startsWith('$$') ? streamName.slice(2) : streamName);
  }

  /** The index of the first record at or after a position. */
  indexFrom(position: bigint): number {
    const { records } = this;
    let low = 0;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((records[middle]?.position ?? 0n) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether a record begins or once began here: a scavenge moves no positions. */
  isStart(position: bigint): boolean {
    return this.#starts.has(position) || position >= this.#end;
  }

  /** Where the next record will be written. */
  get end(): bigint {
    return this.#end;
  }

  /** Begins the next chunk of 256 MiB: a server scavenges only complete ones. */
  completeChunk(): void {
    this.#end = (this.#end / CHUNK_BYTES + 1n) * CHUNK_BYTES;
  }

  /** Takes records out of `$all` for good, as a scavenge does with what is deleted or hidden. */
  scavenge(isGone: (record: LogRecord) => boolean): void {
    this.#records = this.#records.filter((record) => !isGone(record));
  }

  /** The last record of a stream was never there, as after the failover to a node that had not got it. */
  lose(streamName: string): void {
    const lost = this.stream(streamName).pop();
    this.#records = this.#records.filter((record) => record !== lost);
  }

  /**
   * Makes a backup; the returned function puts the log back to it: later records were never there, and their places
   * come again.
   */
  backUp(): () => void {
    const [records, end, starts] = [[...this.#records], this.#end, new Set(this.#starts)];
    const streams = new Map([...this.#streams].map(([name, stream]) => [name, [...stream]]));
    return () => {
      this.#records = [...records];
      this.#end = end;
      replace(this.#starts, starts);
      this.#streams.clear();
      for (const [name, stream] of streams) this.#streams.set(name, [...stream]);
    };
  }

  /** Calls back after each write, until the returned function is called. */
  onWrite(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function replace(set: Set<bigint>, by: ReadonlySet<bigint>): void {
  set.clear();
  for (const each of by) set.add(each);
}

let systemEvents = 0;

function systemEvent(type: string): Proposal {
  const id = `00000000-0000-4000-8000-${(systemEvents++).toString(16).padStart(12, '0')}`;
  return { id, type, isJson: false, data: new Uint8Array(), metadata: new Uint8Array() };
}

/**
 * What the server writes of its own accord: statistics, epochs. It moves the end of `$all` on and matches no filter.
 */
export function writeSystemEvent(log: EventLog): void {
  log.write('$stats-127.0.0.1:2113', [systemEvent('$statsCollected')]);
}
