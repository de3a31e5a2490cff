import { throwIfExpired } from '../deadline.js';
import { Queued } from '../store/append-queue.js';
import { checkedAppend, encodedAppend } from '../store/checked-append.js';
import type { Acknowledged } from '../streams/acknowledged.js';
import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { GroupWriter } from './group-writer.js';
import type { StoredForm } from './plan-appends.js';

/** Writes each append on its own and at once, where groups save nothing. */
export class LoneAppends {
  readonly #writer: GroupWriter;
  readonly #form: StoredForm;
  readonly #acknowledged: Acknowledged | undefined;
  readonly #running = new Set<Promise<unknown>>();

  /** `acknowledged` where it has to be known how far appends go. */
  constructor(writer: GroupWriter, form: StoredForm, acknowledged?: Acknowledged) {
    this.#writer = writer;
    this.#form = form;
    this.#acknowledged = acknowledged;
  }

  /** Implements `EventStore.append`. */
  async append(append: Append): Promise<readonly RecordedEvent[]> {
    throwIfExpired(`appending to ${append.streamId}`, append);
    const checked = this.#form === 'text' ? encodedAppend(append) : checkedAppend(append);
    const writing = this.#writer.write([new Queued(checked)]);
    this.#running.add(writing);
    try {
      const [outcome] = await writing;
      if (outcome === undefined || 'refused' in outcome) throw outcome?.refused;
      this.#acknowledged?.note(outcome.recorded.at(-1)?.position);
      return outcome.recorded;
    } finally {
      this.#running.delete(writing);
    }
  }

  /** Completes the appends that are being written. The closed backend refuses all others. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#running);
  }
}
