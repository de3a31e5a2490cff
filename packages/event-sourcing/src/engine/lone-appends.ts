import { refuseOver } from '../deadline.js';
import { checkedAppend } from '../store/checked-append.js';
import type { Append } from '../streams/event-store.js';
import type { RecordedEvent } from '../streams/event.js';
import type { GroupWriter } from './group-writer.js';

/** Appends where groups save nothing: each is written by itself, at once. */
export class LoneAppends {
  readonly #writer: GroupWriter;

  constructor(writer: GroupWriter) {
    this.#writer = writer;
  }

  /** What `EventStore.append` promises. */
  async append(append: Append): Promise<readonly RecordedEvent[]> {
    refuseOver(`appending to ${append.streamId}`, append);
    const checked = { ...checkedAppend(append), texts: [], size: 0 };
    const [outcome] = await this.#writer.write([{ append: checked, begin: () => true, isGivenUp: false }]);
    if (outcome === undefined || 'refused' in outcome) throw outcome?.refused;
    return outcome.recorded;
  }

  /** Nothing waits here. */
  async close(): Promise<void> {
    return undefined;
  }
}
