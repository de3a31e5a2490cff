import { Deadline, demandMilliseconds } from '../values/deadline.js';
import { isFault } from '../values/is-fault.js';
import { LONGEST_TIMER_MS } from '../options/option-rules.js';
import { START, type Position } from '../values/position.js';
import type { Freshness } from './running.js';
import { Fault } from '../values/fault.js';
import { demandOptions, demandPlace } from '../values/wrong.js';
import type { TimedReadModel } from './timed-read-model.js';

const DEFAULT_WAIT_MS = 5000;
/** The extra time for a look itself, so that a read that need not wait is answered with `waitMs: 0`. */
const LOOKING_MS = 250;

/** The deadline of one read: it waits up to `waitMs`, and may look for {@link LOOKING_MS} more. */
export class ReadDeadline extends Deadline {
  readonly #projection: string;
  readonly #waitMs: number;
  /** The position the rows must have reached. */
  readonly atLeast: Position;

  /** @throws RangeError naming the member of `freshness`. */
  constructor(projection: string, freshness: Freshness) {
    demandOptions('the options of a read', freshness);
    const { atLeast = START, signal, waitMs = DEFAULT_WAIT_MS } = freshness;
    demandMilliseconds('waitMs', waitMs);
    demandPlace('atLeast', atLeast);
    super(`a read of ${projection}`, { signal, waitMs: waitMs + LOOKING_MS });
    this.#projection = projection;
    this.#waitMs = waitMs;
    this.atLeast = atLeast;
  }

  /** What is left of `waitMs`. */
  get leftToWaitMs(): number {
    return Math.min(Math.max(0, this.leftMs - LOOKING_MS), LONGEST_TIMER_MS);
  }

  /** The answer to a question, if it comes within `waitMs`; otherwise rejects with what `late` returns. */
  async waitFor<Answer>(asking: Promise<Answer>, late: (cause: unknown) => Promise<Error>): Promise<Answer> {
    try {
      return await this.atMost(this.leftToWaitMs).wait(asking);
    } catch (caught) {
      // A fault that does not pass is rethrown at once.
      if (this.given?.aborted === true || (isFault(caught) && !caught.retryable)) throw caught;
      throw await late(caught);
    }
  }

  /** The fault of a read whose rows were not far enough in time. */
  async behind(
    rows: Pick<TimedReadModel<unknown>, 'checkpoint'>,
    required: Position | undefined,
    cause: unknown,
  ): Promise<Fault<'projection-behind'>> {
    const reached = await rows.checkpoint(this).catch(() => undefined);
    return new Fault(
      'projection-behind',
      { projection: this.#projection, required, reached, waitedMs: this.#waitMs },
      cause,
    );
  }
}
