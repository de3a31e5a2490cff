import { throwIfExpired } from '../deadline.js';
import type { Queued } from '../store/append-queue.js';
import { checkedAppend, encodedAppend } from '../store/checked-append.js';
import type { Acknowledged } from '../streams/acknowledged.js';
import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { CALLER_LEFT } from './attempt.js';
import type { GroupWriter } from './group-writer.js';
import type { CheckedAppend } from './plan.js';
import type { StoredForm } from './plan-appends.js';

/** Writes each append on its own and at once, where groups save nothing. */
export class LoneAppends {
  readonly #writer: GroupWriter;
  readonly #form: StoredForm;
  readonly #acknowledged: Acknowledged | undefined;
  #ended: Promise<void> | undefined;
  #haveEnded = (): void => undefined;
  #underWay = 0;

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
    this.#underWay += 1;
    try {
      const [outcome] = await this.#writer.write([new Lone(checked)]);
      // Unlike the queue, nothing has rejected this call yet.
      if (outcome === CALLER_LEFT) throwIfExpired(`appending to ${append.streamId}`, append);
      if (outcome === undefined || 'refused' in outcome) throw outcome?.refused;
      this.#acknowledged?.note(outcome.recorded.at(-1)?.position);
      return outcome.recorded;
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#haveEnded();
    }
  }

  /** Completes the appends that are being written. The closed backend refuses all others. */
  async close(): Promise<void> {
    if (this.#underWay === 0) return;
    this.#ended ??= new Promise((resolve) => (this.#haveEnded = resolve));
    await this.#ended;
  }
}

class Lone implements Queued {
  readonly append: CheckedAppend;
  #isBegun = false;

  constructor(append: CheckedAppend) {
    this.append = append;
  }

  get isGivenUp(): boolean {
    return !this.#isBegun && this.append.signal?.aborted === true;
  }

  begin(): boolean {
    this.#isBegun = !this.isGivenUp;
    return this.#isBegun;
  }
}
