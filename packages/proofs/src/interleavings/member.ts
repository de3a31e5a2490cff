import {
  accept,
  CommandHandler,
  ProjectionRunner,
  START,
  streamId,
  type EventStore,
  type IdSource,
  type Position,
  type Projection,
  type RecordedEvent,
  type Store,
} from '@login-policy/event-sourcing';
import type { Chance } from '../attacks/chance.js';
import { areEqual, countedEvents, foldOf, keyOf, PROJECTIONS, textOf, type Counted, type CountRow } from './counts.js';
import { faultOf, maybeSignal, newAppend } from './calls.js';
import { followSubscription } from './subscriber.js';
import type { Note, SharedLog } from './shared-log.js';

/** What became of the events that a process wanted to append. */
export interface Attempted {
  readonly ids: readonly string[];
  /** `acknowledged`, or the fault. */
  readonly outcome: string;
}

/** What a process works with. */
export interface MemberParts {
  readonly store: Store;
  readonly log: SharedLog;
  readonly chance: Chance;
  readonly ids: IdSource;
  readonly note: Note;
}

interface OpenRunner {
  readonly runner: ProjectionRunner<Counted, CountRow>;
  readonly projection: Projection<Counted, CountRow>;
}

const LIMITS = { index: 'all', value: 'one', limit: 1000 } as const;
const by = { actor: 'proof' };

/** One process of a round, with its store, its runners and its command handler. Each method notes broken promises. */
export class Member {
  readonly attempted: Attempted[] = [];
  readonly runners: OpenRunner[] = [];
  /** The number of answers that were compared with the log. */
  answers = 0;
  isClosed = false;
  readonly #parts: MemberParts;
  readonly #handler: CommandHandler<Counted['data'], Counted, number, never>;
  /** The last position acknowledged to this process. */
  #own: Position = START;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    const decider = {
      initial: 0,
      evolve: (count: number) => count + 1,
      decide: (data: Counted['data']) => accept<Counted>({ type: 'Counted', data }),
    };
    this.#handler = new CommandHandler({ eventStore: parts.store.eventStore, events: countedEvents, decider });
  }

  get eventStore(): EventStore {
    return this.#parts.store.eventStore;
  }

  /** Appends one to three events, at a revision that may be right or wrong. */
  async append(): Promise<void> {
    const { chance, ids: newId, log, note } = this.#parts;
    const append = newAppend(chance, log, newId);
    const ids = append.events.map(({ id }) => id);
    const outcome = await faultOf('append', note, async () => {
      this.#acknowledge(await this.eventStore.append(append), ids);
      return 'acknowledged';
    });
    this.attempted.push({ ids, outcome });
  }

  /** Handles a command, some under an idempotency key. */
  async command(): Promise<void> {
    const { chance, log, note } = this.#parts;
    const stream = streamId('tally', chance.pick(['a1', 'a2', 'c1']));
    const before = log.ofStream(stream).length;
    const key = chance.oneIn(2) ? undefined : `key ${chance.below(3)}`;
    await faultOf('command', note, async () => {
      const context = { ...by, ...(key !== undefined && { idempotencyKey: key }), signal: maybeSignal(chance) };
      const handled = await this.#handler.handle(stream, { by: key === undefined ? 1 + chance.below(3) : 3 }, context);
      if (handled.outcome !== 'accepted') return note(`a command was rejected: ${JSON.stringify(handled.rejection)}`);
      if (handled.state !== Number(handled.revision) + 1)
        note(`a command answered state ${handled.state} at ${handled.revision}`);
      if (handled.isRepeated === true) return;
      if (Number(handled.revision) < before) note('a command was decided by an old state');
      if (handled.position !== undefined && handled.position > this.#own) this.#own = handled.position;
    });
  }

  /** Opens a read model. */
  async openRunner(): Promise<void> {
    const { chance, note, store } = this.#parts;
    const projection = chance.pick(PROJECTIONS);
    await faultOf('open', note, async () => {
      const options = { store, projection, maxAgeMs: 0, pageSize: chance.pick([1, 2, 500]) };
      const runner = await ProjectionRunner.open(options);
      if (this.isClosed) await runner.close();
      else this.runners.push({ runner, projection });
    });
  }

  /** Reads a read model, and compares the answer with a fold of the log. */
  async read(): Promise<void> {
    const { chance, log, note } = this.#parts;
    if (this.runners.length === 0) return;
    const { runner, projection } = chance.pick(this.runners);
    const atLeast = [log.headNow, this.#own];
    const freshness = {
      waitMs: chance.pick([0, 50, 2000]),
      signal: maybeSignal(chance),
      ...(chance.oneIn(3) && { atLeast: this.#own }),
    };
    await faultOf('read', note, async () => {
      if (chance.oneIn(2)) {
        const keys = new Set(log.events.map((event) => keyOf(projection, event)));
        const { checkpoint, rows } = await runner.read([...keys, 'none'], freshness);
        const isAsked = (key: string): boolean => keys.has(key);
        this.#compare({ checkpoint, rows, projection, isAsked }, atLeast);
      } else {
        const { checkpoint, rows: found } = await runner.query(
          { ...LIMITS, direction: chance.pick(['forwards', 'backwards']) },
          freshness,
        );
        this.#compare({ checkpoint, rows: new Map(found.map(({ key, row }) => [key, row])), projection }, atLeast);
      }
    });
  }

  /** Rebuilds a read model, or catches it up. */
  async maintain(): Promise<void> {
    const { chance, log, note } = this.#parts;
    if (this.runners.length === 0) return;
    const { runner } = chance.pick(this.runners);
    const seen = log.headNow;
    await faultOf('maintain', note, async () => {
      if (chance.oneIn(2)) await runner.rebuild(maybeSignal(chance));
      else if ((await runner.catchUp(maybeSignal(chance))) < seen) note('a catch-up ended before the head it had seen');
    });
  }

  /** Subscribes for a while. */
  async subscribe(): Promise<void> {
    const { chance, log, note } = this.#parts;
    await faultOf('subscribe', note, () => followSubscription(this.eventStore, { chance, log, note }));
  }

  async closeRunner(): Promise<void> {
    await this.runners.pop()?.runner.close();
  }

  /** Closes it while its calls run. Later calls must be refused. */
  async close(): Promise<void> {
    const { chance, ids, log, note, store } = this.#parts;
    this.isClosed = true;
    if (chance.oneIn(2)) await Promise.all(this.runners.map(({ runner }) => runner.close()));
    await store.close();
    await Promise.all(this.runners.map(({ runner }) => runner.close()));
    const late = await faultOf('append', note, async () => {
      await this.eventStore.append({ ...newAppend(chance, log, ids), signal: undefined });
      return 'acknowledged';
    });
    if (late !== 'store-closed') note(`an append to a closed store ended with ${late}`);
  }

  /** Once nothing fails any more, every read model reaches the head, with the rows of a fold. */
  async settle(): Promise<void> {
    const { log } = this.#parts;
    for (const { runner, projection } of this.runners) {
      await runner.catchUp();
      const { checkpoint, rows } = await runner.query(LIMITS);
      this.#compare({ checkpoint, rows: new Map(rows.map(({ key, row }) => [key, row])), projection }, [log.headNow]);
    }
  }

  #acknowledge(recorded: readonly RecordedEvent[], ids: readonly string[]): void {
    const { log, note } = this.#parts;
    for (const [index, { position }] of recorded.entries()) {
      const stored = log.events.find((event) => event.position === position);
      if (stored?.id !== ids[index]) note('an append was answered with another event');
      if (position > this.#own) this.#own = position;
    }
  }

  #compare({ checkpoint = START, isAsked = () => true, projection, rows }: Answer, atLeast: readonly Position[]): void {
    const { log, note } = this.#parts;
    this.answers += 1;
    if (atLeast.some((position) => checkpoint < position))
      note(`${projection.name} was read at an older position than was seen`);
    const folded = foldOf(
      projection,
      log.events.filter(({ position }) => position <= checkpoint),
    );
    const wanted = new Map([...folded].filter(([key]) => isAsked(key)));
    if (!areEqual(rows, wanted)) note(`${projection.name} was read as ${textOf(rows)} and not ${textOf(wanted)}`);
  }
}

/** An answer of a read model. */
interface Answer {
  readonly checkpoint: Position | undefined;
  readonly projection: Projection<Counted, CountRow>;
  readonly rows: ReadonlyMap<string, unknown>;
  readonly isAsked?: (key: string) => boolean;
}
