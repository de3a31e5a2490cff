import { INSTANCE_CATEGORY, ORGANIZATION_CATEGORY } from '@login-policy/domain/model';
import { categoryOf, type EventId, type EventStore, type RecordedEvent } from '@login-policy/event-sourcing';
import type { Findings } from './findings.js';

/**
 * Checks that a read of one category of policies has all events of its streams: the read model follows categories, and
 * a store may keep an event's category beside its stream. Other categories may be many, and each takes a whole read.
 */
export class CategoryChecks {
  readonly #findings: Findings;
  readonly #ids = new Map([INSTANCE_CATEGORY, ORGANIZATION_CATEGORY].map((category) => [category, new Set<EventId>()]));

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  /** Call it with every event. */
  add({ id, streamId }: RecordedEvent): void {
    this.#ids.get(categoryOf(streamId))?.add(id);
  }

  /** Reads each category. Call it after the last event. */
  async check(eventStore: EventStore, signal: AbortSignal): Promise<void> {
    for (const [category, ids] of this.#ids) {
      for await (const page of eventStore.readAll({ filter: { categories: [category] }, signal }))
        for (const { id } of page) ids.delete(id);
      signal.throwIfAborted();
      for (const id of ids) this.#findings.add(`event ${id}`, `a read of its category ${category} leaves it out`);
    }
  }
}
