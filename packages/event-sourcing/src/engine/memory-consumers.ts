import type { MemoryLog } from './memory-log.js';
import { Fault } from '../values/fault.js';
import type { ConsumerBackend, ConsumerRecord, FoundConsumer } from '../consume/consumer-backend.js';

/** The consumers of a store in memory. */
export class MemoryConsumers implements ConsumerBackend {
  readonly #log: Pick<MemoryLog, 'has' | 'head'>;
  readonly #records = new Map<string, ConsumerRecord & { readonly version: bigint }>();
  readonly #beats = new Map<string, number>();

  constructor(log: Pick<MemoryLog, 'has' | 'head'>) {
    this.#log = log;
  }

  async lookUp(names: readonly string[]): Promise<ReadonlyMap<string, FoundConsumer>> {
    const found = new Map<string, FoundConsumer>();
    for (const name of names) {
      const record = this.#records.get(name);
      const beat = this.#beats.get(record?.holder?.session ?? '');
      if (record !== undefined) found.set(name, { ...record, beat });
    }
    return found;
  }

  async put(name: string, record: ConsumerRecord, expected: bigint): Promise<'written' | 'overtaken'> {
    const { position } = record;
    if (!this.#log.has(position)) throw new Fault('position-unknown', { position, head: this.#log.head });
    if ((this.#records.get(name)?.version ?? 0n) !== expected) return 'overtaken';
    this.#records.set(name, { ...record, version: expected + 1n });
    return 'written';
  }

  async beat(session: string, count: number): Promise<void> {
    this.#beats.set(session, count);
  }

  async forget(session: string): Promise<void> {
    this.#beats.delete(session);
  }
}
