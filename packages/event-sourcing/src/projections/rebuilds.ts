import type { Deadline } from '../deadline.js';
import type { FaultCode } from '../fault.js';
import { isFault } from '../is-fault.js';
import { KeyedMutex } from '../store/keyed-mutex.js';
import type { EventShape } from '../streams/event.js';
import { laterPosition, START, type Position } from '../streams/position.js';
import { demandInLog } from './head-proof.js';
import type { ProjectedLog } from './projected-log.js';
import { Rebuild } from './rebuild.js';
import { takingTurns, type StepParts } from './steps.js';

/** What read models are rebuilt from. */
export interface RebuildsParts<Event extends EventShape, Row> extends StepParts<Event, Row> {
  readonly log: ProjectedLog;
}

const ALONE = 'rebuild';

/** What a rebuild could not do that steps may: they get up to the event that can't be read, and do what somebody else began and gave up. */
const LEFT_TO_STEPS: ReadonlySet<FaultCode> = new Set([
  'deadline-exceeded',
  'projection-stopped',
  'rebuild-superseded',
  'store-damaged',
  'unreadable-event',
  'written-by-newer-program',
]);

/** The rebuilds of one read model by one runner: one at a time, since the later one would take the earlier one's place. */
export class Rebuilds<Event extends EventShape, Row> {
  readonly #parts: RebuildsParts<Event, Row>;
  readonly #turns = new KeyedMutex<string>();

  constructor(parts: RebuildsParts<Event, Row>) {
    this.#parts = parts;
  }

  /** Computes all rows anew from the first event, beside the live ones, and puts them in their place at once. */
  rebuild(deadline: Deadline): Promise<Position> {
    return this.#alone(deadline, () => this.#rebuild(deadline));
  }

  /** Rebuilds rows whose history was lost. @returns whether that is done: not while the store is away, or another rebuild goes first. */
  buildAnew(deadline: Deadline): Promise<boolean> {
    return this.rebuild(deadline).then(
      () => true,
      () => false,
    );
  }

  /** Many rows that are not there at all are sooner there by a rebuild, which writes each about once. */
  async buildFirst(deadline: Deadline): Promise<void> {
    const { log, model } = this.#parts;
    if ((await model.checkpoint(deadline)) !== undefined) return;
    try {
      await this.#alone(deadline, async () => {
        // The one before may have built them.
        const reached = (await model.checkpoint(deadline)) ?? START;
        if ((await log.lag(reached, deadline)).isAtLeast) await this.#rebuild(deadline);
      });
    } catch (caught) {
      if (!isFault(caught) || !LEFT_TO_STEPS.has(caught.code)) throw caught;
    }
  }

  async #alone<Result>(deadline: Deadline, work: () => Promise<Result>): Promise<Result> {
    if ((await this.#turns.enter(ALONE, deadline)) === false) throw deadline.fault();
    try {
      return await work();
    } finally {
      this.#turns.leave(ALONE);
    }
  }

  async #rebuild(deadline: Deadline): Promise<Position> {
    const { log, keeps, model: live, projection } = this.#parts;
    const { reading, store } = log;
    const rebuild = new Rebuild(projection, { copy: await live.beginRebuild(deadline), deadline, keeps });
    return takingTurns(deadline, async () => {
      await rebuild.readOn(store, reading);
      // What was written since the read ended is reduced before the switch claims to know it. Live rows that follow may stand
      // further than the last event, where nothing of this store is; if they are of a lost history, they don't count.
      const [head, reached] = [await store.head(deadline), (await live.checkpoint(deadline)) ?? START];
      const isLost = reached > head && !(await store.knows(reached, deadline));
      const end = isLost ? head : laterPosition(head, reached);
      // Before the last read: what comes after it has to be quick, or live rows that are written all the time are always further.
      if (keeps === 'followed') await demandInLog(store, end, deadline);
      await rebuild.readOn(store, reading);
      const checkpoint = laterPosition(end, rebuild.reached);
      await rebuild.finish({ checkpoint, ...(isLost && { lost: reached }) });
      return checkpoint;
    });
  }
}
