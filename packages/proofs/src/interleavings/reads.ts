import { setImmediate as nextTurn } from 'node:timers/promises';
import { isFault, ProjectionRunner, START, type Position, type Projection } from '@login-policy/event-sourcing';
import {
  areEqual,
  brittle,
  foldOf,
  keyOf,
  PROJECTIONS,
  textOf,
  type Counted,
  type CountRow,
  type Rows,
} from './counts.js';
import { faultOf, maybeSignal } from './calls.js';
import type { MemberParts } from './member-parts.js';

interface OpenRunner {
  readonly runner: ProjectionRunner<Counted, CountRow>;
  readonly projection: Projection<Counted, CountRow>;
  /** How old an answer may be. */
  readonly maxAgeMs: number;
}

/** What a read may answer: not less than these positions, and no log that was replaced before. */
interface Allowed {
  readonly begunAt: number;
  readonly notBefore: number;
  readonly atLeast: readonly Position[];
}

const LIMITS = { index: 'all', value: 'one', limit: 1000 } as const;

/** The read models of one process. Each answer is compared with a fold of the log. */
export class Reads {
  readonly #parts: MemberParts;
  readonly #runners: OpenRunner[] = [];
  #isClosed = false;
  /** The number of answers that were compared with the log. */
  answers = 0;
  /** The last position acknowledged to this process. */
  own: Position = START;

  constructor(parts: MemberParts) {
    this.#parts = parts;
  }

  /** Opens a read model. */
  async open(): Promise<void> {
    const { chance, log, store } = this.#parts;
    const projection = chance.pick(PROJECTIONS);
    const maxAgeMs = store.readModelUpdates === 'inline' ? 0 : chance.pick([0, 20, 20]);
    await faultOf('open', log, async () => {
      const options = { store, projection, maxAgeMs, pageSize: chance.pick([1, 2, 500]) };
      const runner = await ProjectionRunner.open(options);
      if (this.#isClosed) await runner.close();
      else this.#runners.push({ runner, projection, maxAgeMs });
    });
  }

  /** Reads a read model, and compares the answer with a fold of the log. */
  async read(): Promise<void> {
    const { chance, log } = this.#parts;
    const open = this.#pick();
    if (open === undefined) return;
    const { runner, projection } = open;
    const allowed = this.#allowed(open);
    const freshness = {
      waitMs: chance.pick([0, 50, 2000]),
      signal: maybeSignal(chance),
      ...(chance.oneIn(3) && { atLeast: this.own }),
    };
    await faultOf('read', log, async () => {
      if (chance.oneIn(2)) {
        const keys = new Set(log.events.map((event) => keyOf(projection, event)));
        const { checkpoint, rows, unreadable } = await runner.read([...keys, 'none'], freshness);
        const all = new Map<string, CountRow | 'unreadable'>(rows);
        for (const key of unreadable.keys()) all.set(key, 'unreadable');
        this.#compare({ checkpoint, rows: all, projection, isAsked: (key) => keys.has(key) }, allowed);
      } else {
        const { checkpoint, rows } = await runner.query(
          { ...LIMITS, direction: chance.pick(['forwards', 'backwards']) },
          freshness,
        );
        this.#compare({ checkpoint, rows: rowsIn(rows), projection }, allowed);
      }
    });
  }

  /** Rebuilds a read model, catches it up, or asks how far it is. */
  async maintain(): Promise<void> {
    const { chance, log } = this.#parts;
    const open = this.#pick();
    if (open === undefined) return;
    const { runner, projection } = open;
    const { begunAt } = this.#allowed(open);
    const seen = log.headNow;
    await faultOf('maintain', log, async () => {
      const signal = maybeSignal(chance);
      const what = chance.below(5);
      if (what < 2) await runner.rebuild(signal);
      else if (what < 4) {
        if ((await runner.catchUp(signal)) < seen && !log.isReplacedSince(begunAt))
          log.note('a catch-up ended before the head it had seen');
      } else if ((await runner.lag(signal)).events > log.events.length && !log.isReplacedSince(begunAt))
        log.note(`${projection.name} lags behind more events than there are`);
    });
  }

  async closeOne(): Promise<void> {
    await this.#runners.pop()?.runner.close();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#runners.map(({ runner }) => runner.close()));
  }

  /** Once nothing fails any more, every read model reaches the head, with the rows of a fold. */
  async settle(): Promise<void> {
    for (const open of this.#runners) {
      while (!(await this.#hasSettled(open))) await nextTurn();
    }
  }

  async #hasSettled(open: OpenRunner): Promise<boolean> {
    const { runner, projection } = open;
    const { log } = this.#parts;
    try {
      await runner.catchUp();
      const { checkpoint, rows } = await runner.query(LIMITS, { waitMs: 2000 });
      this.#compare({ checkpoint, rows: rowsIn(rows), projection }, { ...this.#allowed(open), atLeast: [log.headNow] });
      const { events } = await runner.lag();
      if (events > 0) log.note(`${projection.name} lags behind ${events} events at the head`);
      return runner.state.is === 'following';
    } catch (caught) {
      if (log.isHostile && projection === brittle) return true;
      // The rows of a lost history are built anew once a read has found that out.
      await runner.ready({ waitMs: 100 }).catch(() => undefined);
      if (isFault(caught, 'position-unknown') || isFault(caught, 'projection-behind')) return false;
      throw caught;
    }
  }

  #pick(): OpenRunner | undefined {
    return this.#runners.length === 0 ? undefined : this.#parts.chance.pick(this.#runners);
  }

  /** Positions of a lost history bind no answer. */
  #allowed({ maxAgeMs }: OpenRunner): Allowed {
    const { log } = this.#parts;
    const begunAt = performance.now();
    const notBefore = Math.max(begunAt - maxAgeMs, log.suspendedAt);
    const own = log.has(this.own) ? this.own : START;
    return { begunAt, notBefore, atLeast: [log.headAt(notBefore), own] };
  }

  #compare({ checkpoint = START, isAsked = () => true, projection, rows }: Answer, allowed: Allowed): void {
    const { log } = this.#parts;
    this.answers += 1;
    const events = log.upTo(checkpoint, allowed.notBefore);
    if (events === undefined) return log.note(`${projection.name} was read at a position that was lost before`);
    if (!log.isReplacedSince(allowed.notBefore) && allowed.atLeast.some((position) => checkpoint < position))
      log.note(`${projection.name} was read at an older position than was seen`);
    const wanted = new Map([...foldOf(projection, events)].filter(([key]) => isAsked(key)));
    if (!areEqual(rows, wanted)) log.note(`${projection.name} was read as ${textOf(rows)} and not ${textOf(wanted)}`);
  }
}

/** An answer of a read model. */
interface Answer {
  readonly checkpoint: Position | undefined;
  readonly projection: Projection<Counted, CountRow>;
  readonly rows: Rows;
  readonly isAsked?: (key: string) => boolean;
}

type Listed = Awaited<ReturnType<OpenRunner['runner']['query']>>['rows'];

function rowsIn(listed: Listed): Rows {
  return new Map(listed.map(({ key, row }) => [key, 'value' in row ? row : 'unreadable']));
}
