import type { Deadline } from '../values/deadline.js';
import type { FaultCode } from '../values/fault.js';
import { isFault } from '../values/is-fault.js';
import { KeyedMutex } from '../store/keyed-mutex.js';
import type { EventShape } from '../streams/event.js';
import { laterPosition, START, type Position } from '../values/position.js';
import { demandInLog } from './head-proof.js';
import type { ProjectedLog } from './projected-log.js';
import { Rebuild } from './rebuild.js';
import { takingTurns, type StepParts } from './steps.js';

/** The parts of rebuilds. */
export interface RebuildsParts<Event extends EventShape, Row> extends StepParts<Event, Row> {
  readonly log: ProjectedLog;
}

const REBUILD = 'rebuild';

/**
 * Faults of a rebuild after which steps go on: steps get as far as the unreadable event, or continue what another
 * process began and gave up.
 */
const LEFT_TO_STEPS: ReadonlySet<FaultCode> = new Set([
  'deadline-exceeded',
  'projection-stopped',
  'rebuild-superseded',
  'store-damaged',
  'unreadable-event',
  'written-by-newer-program',
]);

/**
 * The rebuilds of one read model by one runner. They run one at a time, because a later one would supersede an earlier
 * one.
 */
export class Rebuilds<Event extends EventShape, Row> {
  readonly #parts: RebuildsParts<Event, Row>;
  readonly #locks = new KeyedMutex<string>();

  constructor(parts: RebuildsParts<Event, Row>) {
    this.#parts = parts;
  }

  /** Computes all rows again from the first event, beside the live ones, and promotes them at once. */
  rebuild(deadline: Deadline): Promise<Position> {
    return this.#oneAtATime(deadline, () => this.#rebuild(deadline));
  }

  /**
   * Rebuilds rows whose history was lost. @returns whether that is done; `false` while the store is away or another
   * rebuild is first.
   */
  rebuildLost(deadline: Deadline): Promise<boolean> {
    return this.rebuild(deadline).then(
      () => true,
      () => false,
    );
  }

  /** The initial build. A rebuild is faster than steps for many missing rows, because it writes each about once. */
  async buildInitially(deadline: Deadline): Promise<void> {
    const { log, model } = this.#parts;
    if ((await model.checkpoint(deadline)) !== undefined) return;
    try {
      await this.#oneAtATime(deadline, async () => {
        // An earlier rebuild may have built them.
        const reached = (await model.checkpoint(deadline)) ?? START;
        if ((await log.lag(reached, deadline)).isAtLeast) await this.#rebuild(deadline);
      });
    } catch (caught) {
      if (!isFault(caught) || !LEFT_TO_STEPS.has(caught.code)) throw caught;
    }
  }

  async #oneAtATime<Result>(deadline: Deadline, work: () => Promise<Result>): Promise<Result> {
    if ((await this.#locks.enter(REBUILD, deadline)) === false) throw deadline.fault();
    try {
      return await work();
    } finally {
      this.#locks.leave(REBUILD);
    }
  }

  async #rebuild(deadline: Deadline): Promise<Position> {
    const { log, readModelUpdates, model: live, projection } = this.#parts;
    const { reading, store } = log;
    const rebuild = new Rebuild({ projection, shadow: await live.beginRebuild(deadline), deadline, readModelUpdates });
    if (readModelUpdates === 'inline') {
      await rebuild.readOn(store, reading);
      // Again, for what was written meanwhile.
      await rebuild.readOn(store, reading);
      return rebuild.finishAtHead();
    }
    return takingTurns(deadline, async () => {
      await rebuild.readOn(store, reading);
      // Events written since the read ended are reduced before the promotion claims to include them. Live rows of a
      // followed store may be past the last event, where this store has none; rows of a lost history don't count.
      const [head, reached] = [await store.head(deadline), (await live.checkpoint(deadline)) ?? START];
      const isLost = reached > head && !(await store.knows(reached, deadline));
      const end = isLost ? head : laterPosition(head, reached);
      await rebuild.readOn(store, reading);
      // An event that was read is of the same history as the rows. `end` may not be, if the log was replaced before it
      // was read on.
      if (rebuild.reached < end) await demandInLog(store, end, deadline);
      const checkpoint = laterPosition(end, rebuild.reached);
      await rebuild.finish({ checkpoint, ...(isLost && { lostCheckpoint: reached }) });
      return checkpoint;
    });
  }
}
