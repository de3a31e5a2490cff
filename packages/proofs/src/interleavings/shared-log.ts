import { isJsonObject, type Position, type RecordedEvent, START } from '@login-policy/event-sourcing';
import {
  type ConsumerBackend,
  MemoryBackend,
  ordinalOf,
  type Plan,
  type Transacted,
  type Transaction,
} from '@login-policy/event-sourcing/store';
import { areEqual, foldOf, isUnreadable, PROJECTIONS, textOf, type Rows } from './counts.js';

/** Notes each broken promise of a round. */
export type Note = (problem: string) => void;

/** A database, which can be written again from its plans. */
class Database extends MemoryBackend {
  readonly #applied: (plan: Plan) => void;

  constructor(applied: (plan: Plan) => void) {
    super('interleavings', { form: 'text' });
    this.#applied = applied;
  }

  override apply(plan: Plan): void {
    super.apply(plan);
    this.#applied(plan);
  }
}

type Write = (database: Database) => Promise<unknown> | undefined;

/** The database that all processes of a round share. After each write it compares the rows with a fold of the log. */
export class SharedLog {
  events: RecordedEvent[] = [];
  /** Changes with each write. */
  version = 0;
  /** The events that restores have taken away. */
  readonly lost: Set<string> = new Set();
  readonly consumers: ConsumerBackend;
  database: Database = new Database((plan) => this.#noteApplied(plan));
  /** The plans that were written and not taken away. */
  #plans = new Set<Plan>();
  #writes: Write[] = [];
  /** The logs that restores have replaced, and when. */
  readonly #replaced: { readonly events: readonly RecordedEvent[]; readonly at: number }[] = [];
  readonly #heads: { readonly position: Position; readonly at: number }[] = [];
  #isRestoring = false;
  /** When the machine was last suspended. */
  suspendedAt: number = -Infinity;
  readonly note: Note;
  /** Whether some numbers can't be read or reduced. */
  readonly isHostile: boolean;

  constructor(note: Note, isHostile: boolean) {
    this.note = note;
    this.isHostile = isHostile;
    this.consumers = {
      lookUp: (names) => this.database.consumers.lookUp(names),
      put: (...args) => this.#write((database) => database.consumers.put(...args)),
      beat: (session, count) => this.database.consumers.beat(session, count),
      forget: (session) => this.database.consumers.forget(session),
    };
  }

  get headNow(): Position {
    return this.events.at(-1)?.position ?? START;
  }

  /** Whether the log was replaced at this time or later. */
  isReplacedSince(time: number): boolean {
    return this.#replaced.some(({ at }) => at >= time);
  }

  has(position: Position): boolean {
    return this.events.some((event) => event.position === position);
  }

  /** The head at a time, if the log still has it. */
  headAt(time: number): Position {
    const head = this.#heads.findLast(({ at }) => at < time)?.position ?? START;
    return this.has(head) ? head : START;
  }

  /** The events up to a position of the log, or of one that a restore replaced at this time or later. */
  upTo(position: Position, since: number = -Infinity): readonly RecordedEvent[] | undefined {
    if (position === START) return [];
    const logs = [this.events, ...this.#replaced.filter(({ at }) => at >= since).map(({ events }) => events)];
    for (const events of logs) {
      const index = events.findIndex((event) => event.position === position);
      if (index !== -1) return events.slice(0, index + 1);
    }
    return undefined;
  }

  /** The events of one stream, in order. */
  ofStream(streamId: string): readonly RecordedEvent[] {
    return this.events.filter((event) => event.streamId === streamId);
  }

  wasWritten(plan: Plan): boolean {
    return this.#plans.has(plan);
  }

  transact<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    return this.database.transact(transaction);
  }

  openModel(name: string): Promise<void> {
    return this.#write((database) => database.openModel(name));
  }

  beginShadow(name: string): Promise<string> {
    return this.#write((database) => database.beginShadow(name));
  }

  /** Puts the database back to before some of its last writes, as from a backup. */
  restore(writes: number): void {
    const [before, kept] = [this.database, this.#writes.slice(0, Math.max(0, this.#writes.length - writes))];
    this.#replaced.push({ events: this.events, at: performance.now() });
    Object.assign(this, { database: new Database((plan) => this.#noteApplied(plan)), events: [] });
    [this.#plans, this.#writes, this.#isRestoring] = [new Set(), [], true];
    for (const write of kept) this.#write(write)?.catch(() => undefined);
    this.#isRestoring = false;
    const found = new Set(this.events.map(({ id }) => id));
    for (const { id } of this.#replaced.at(-1)?.events ?? []) if (!found.has(id)) this.lost.add(id);
    // No id of a read model is given twice, as in a database.
    for (let burnt = 0; burnt < writes; burnt++) this.beginShadow('none').catch(() => undefined);
    this.version += 1;
    before.close().catch(() => undefined);
  }

  #write<Result extends Promise<unknown> | undefined>(write: (database: Database) => Result): Result {
    this.#writes.push(write);
    this.version += 1;
    return write(this.database);
  }

  #noteApplied(plan: Plan): void {
    this.#plans.add(plan);
    this.version += 1;
    for (const { recorded } of plan.appends) for (const event of recorded) this.#record(event);
    if (this.#isRestoring) return;
    this.#writes.push((database) => {
      database.apply(plan);
      return undefined;
    });
    this.#heads.push({ position: this.headNow, at: performance.now() });
    this.#checkRows().catch((caught: unknown) => this.note(String(caught)));
  }

  #record(event: RecordedEvent): void {
    const stream = this.ofStream(event.streamId);
    this.events.push(event);
    if (Number(ordinalOf(event.position)) !== this.events.length)
      this.note(`event ${this.events.length} has another position`);
    if (Number(event.revision) !== stream.length)
      this.note(`${event.streamId} has revision ${event.revision} at place ${stream.length}`);
    if (event.recordedAt < (stream.at(-1)?.recordedAt ?? 0)) this.note(`${event.streamId} goes back in time`);
  }

  async #checkRows(): Promise<void> {
    const { events } = this;
    for (const projection of PROJECTIONS) {
      const query = { index: 'all', value: 'one', limit: 10_000, wanted: 'rows' } as const;
      const { checkpoint, rows } = await this.database.query(
        { name: `${projection.name}.v${projection.version}` },
        query,
      );
      if (checkpoint === undefined || events !== this.events) continue;
      const stored: Rows = new Map(
        rows.map(({ key, row }) => {
          const json: unknown = JSON.parse(String(row));
          if (!isJsonObject(json)) throw new Error(`the row ${key} is not an object`);
          return [key, isUnreadable(json) ? 'unreadable' : projection.rows.decode(json)];
        }),
      );
      const folded = foldOf(projection, this.upTo(checkpoint) ?? []);
      if (!areEqual(stored, folded))
        this.note(`the rows of ${projection.name} are ${textOf(stored)} and not ${textOf(folded)}`);
    }
  }
}
