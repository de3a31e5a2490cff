import { refuseOver } from '../deadline.js';
import type { Queued } from '../store/append-queue.js';
import { checkedAppend, encodedAppend, type EncodedAppend } from '../store/checked-append.js';
import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import { GIVEN_UP } from './attempt.js';
import type { GroupWriter } from './group-writer.js';
import type { StoredForm } from './plan-appends.js';

/** Writes each append on its own and at once, where groups save nothing. */
export class LoneAppends {
  readonly #writer: GroupWriter;
  readonly #form: StoredForm;

  constructor(writer: GroupWriter, form: StoredForm) {
    this.#writer = writer;
    this.#form = form;
  }

  /** Implements `EventStore.append`. */
  async append(append: Append): Promise<readonly RecordedEvent[]> {
    refuseOver(`appending to ${append.streamId}`, append);
    const checked = this.#form === 'text' ? encodedAppend(append) : { ...checkedAppend(append), texts: [], size: 0 };
    const [outcome] = await this.#writer.write([new Lone(checked)]);
    // Unlike in a queue, the caller has not been told yet.
    if (outcome === GIVEN_UP) refuseOver(`appending to ${append.streamId}`, append);
    if (outcome === undefined || 'refused' in outcome) throw outcome?.refused;
    return outcome.recorded;
  }

  /** Nothing waits here, so there is nothing to complete. */
  async close(): Promise<void> {
    return undefined;
  }
}

class Lone implements Queued {
  readonly append: EncodedAppend;
  #isBegun = false;

  constructor(append: EncodedAppend) {
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
