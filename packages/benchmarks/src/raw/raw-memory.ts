import { randomUUID } from 'node:crypto';
import { copyOf, type PlainEvent, type PlainPolicy } from '../workload/plain-policy.js';
import {
  factorChanges,
  instanceOfStream,
  newMetadata,
  type Decision,
  type OnEvent,
  type RawDriver,
  type RawEvent,
  type RawMetadata,
  type RawRow,
} from './raw-driver.js';

interface Recorded {
  readonly stream: string;
  readonly revision: number;
  readonly id: string;
  readonly at: number;
  readonly event: PlainEvent;
  readonly metadata: RawMetadata;
}

/** Plain JavaScript: a list of events and a Map of rows. */
export class RawMemory implements RawDriver {
  readonly #events: Recorded[] = [];
  readonly #revisions = new Map<string, number>();
  readonly #rows = new Map<string, PlainPolicy>();
  /** The streams that allow each factor, by instance and factor. */
  readonly #factors = new Map<string, Set<string>>();

  write(decided: readonly Decision[]): void {
    this.append(decided);
    for (const { stream, policy } of decided) this.#rows.set(stream, copyOf(policy));
    for (const { isAllowed, instance, factor, stream } of factorChanges(decided)) {
      const key = `${instance}\n${factor}`;
      const streams = this.#factors.get(key) ?? new Set();
      this.#factors.set(key, streams);
      if (isAllowed) streams.add(stream);
      else streams.delete(stream);
    }
  }

  append(decided: readonly Decision[]): void {
    for (const { stream, revision, events } of decided) {
      if ((this.#revisions.get(stream) ?? 0) !== revision) throw new Error('revision-conflict');
      for (const [index, event] of events.entries()) {
        const metadata = newMetadata();
        const [id, at] = [randomUUID(), Date.now()];
        this.#events.push({ stream, revision: revision + index, id, at, event, metadata });
      }
      this.#revisions.set(stream, revision + events.length);
    }
  }

  read(streams: readonly string[]): PlainPolicy[] {
    return streams.flatMap((stream) => {
      const policy = this.#rows.get(stream);
      return policy === undefined ? [] : [copyOf(policy)];
    });
  }

  page(after: number, each: OnEvent): number | undefined {
    const end = Math.min(after + 1000, this.#events.length);
    for (let index = after; index < end; index++) {
      const recorded = this.#events[index];
      if (recorded !== undefined) each(recorded.stream, recorded.event, recorded.at);
    }
    return end === after ? undefined : end;
  }

  before(stream: string, revision: number, count: number): RawEvent[] {
    const isBefore = (one: Recorded): boolean => one.stream === stream && one.revision < revision;
    return this.#events.filter(isBefore).slice(-count).toReversed();
  }

  customized(instance: string): string[] {
    return [...this.#rows.keys()].filter((stream) => instanceOfStream(stream) === instance).toSorted();
  }

  storeRows(rows: readonly RawRow[]): void {
    for (const [stream, policy] of rows) this.#rows.set(stream, copyOf(policy));
  }

  close(): void {
    this.#events.length = 0;
  }
}
