import { Deadline } from '../deadline.js';
import { isFault } from '../is-fault.js';
import { START, type Position } from '../streams/position.js';
import type { Freshness } from './running.js';
import { ProjectionBehind } from './projection-faults.js';
import type { TimedReadModel } from './timed-read-model.js';

const DEFAULT_WAIT_MS = 5000;
/** Looking takes a moment, too: a read that need not wait is answered with `waitMs: 0`. */
const LOOKING_MS = 250;

/** The deadline of one read: what it waits for has to come within `waitMs`, and what it looks at {@link LOOKING_MS} later. */
export class ReadDeadline extends Deadline {
  readonly #projection: string;
  readonly #waitMs: number;
  /** How far the rows have to be. */
  readonly atLeast: Position;

  constructor(projection: string, { atLeast = START, signal, waitMs = DEFAULT_WAIT_MS }: Freshness) {
    super(`a read of ${projection}`, { signal, waitMs: waitMs + LOOKING_MS });
    this.#projection = projection;
    this.#waitMs = waitMs;
    this.atLeast = atLeast;
  }

  /** What is left of `waitMs`. */
  get leftToWaitMs(): number {
    return Math.max(0, this.leftMs - LOOKING_MS);
  }

  /** What comes of a question, if it comes within `waitMs`; else what `late` makes of it. */
  async waitFor<Answer>(asking: Promise<Answer>, late: (cause: unknown) => Promise<Error>): Promise<Answer> {
    try {
      return await this.atMost(this.leftToWaitMs).wait(asking);
    } catch (caught) {
      // What does not pass is not waited for, nor called late.
      if (this.given?.aborted === true || (isFault(caught) && !caught.retryable)) throw caught;
      throw await late(caught);
    }
  }

  /** The refusal of a read whose rows were not far enough in time. */
  async behind(
    rows: Pick<TimedReadModel<unknown>, 'checkpoint'>,
    required: Position | undefined,
    cause: unknown,
  ): Promise<ProjectionBehind> {
    const reached = await rows.checkpoint(this).catch(() => undefined);
    return new ProjectionBehind({ projection: this.#projection, required, reached, waitedMs: this.#waitMs }, cause);
  }
}

/** Reads within a deadline of its own. @throws DeadlineExceeded */
export async function readWithin<Answer>(
  projection: string,
  freshness: Freshness,
  read: (deadline: ReadDeadline) => Promise<Answer>,
): Promise<Answer> {
  const deadline = new ReadDeadline(projection, freshness);
  try {
    return await read(deadline);
  } finally {
    deadline.end();
  }
}
