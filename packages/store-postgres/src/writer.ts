import { eventId, START, type Clock } from '@login-policy/event-sourcing';
import { positionOf, StoreForeign, type Outcome } from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import type { PreparedAppend } from './append.js';
import { catchUp } from './catch-up.js';
import type { Connection } from './connection.js';
import { Draft } from './draft.js';
import { stateOf } from './faults.js';
import { question, viewOf, type FoundModel, type View } from './known.js';
import type { OpenedModels } from './opened-models.js';
import { positionIn } from './positions.js';
import { answeringOn, onlyCell } from './queries.js';
import type { Schema } from './schema.js';
import { callIn, type Transaction } from './transaction.js';
import { WriterMemory } from './writer-memory.js';

/** What a writer works with. */
export interface WriterParts {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly clock: Clock;
  readonly models: OpenedModels;
}

/** Something is there already that was taken not to be: a stream, a row, a receipt. Nothing was written. */
const OTHERS_WROTE = '23505';
/** What `append_v9` answers that has written, and when that was. Else it says why not, and has written nothing. */
const WRITTEN = /^written (\d+)$/;

/** What was sent to be written, and may be: for who loses the answer. */
export interface Sent {
  draft?: Draft;
}

/** What came of appends in a writer's turn. */
interface Turn {
  readonly view: View;
  readonly models: readonly FoundModel[];
  readonly draft: Draft;
  /** When it was written, by the server's clock; `undefined` when there was nothing to write. */
  readonly now: number | undefined;
}

/**
 * Writes events, and in the same transaction the rows they make of the read models that were opened. What is written is made here:
 * from what this process remembers, in one round trip that is refused if anybody wrote meanwhile, or else from what is found in
 * a writer’s turn, in four.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #memory = new WriterMemory();
  readonly #look: string;
  readonly #append: string;

  constructor(parts: WriterParts) {
    this.#parts = parts;
    const places = Array.from({ length: 21 }, (_, index) => `$${index + 1}`).join(', ');
    this.#append = `SELECT * FROM ${parts.schema.quoted}.append_v9(${places})`;
    this.#look = `SELECT * FROM ${parts.schema.quoted}.look_v8($1, $2)`;
  }

  /** Writes a group of appends in a transaction of its own. */
  async write(batch: readonly PreparedAppend[], sent: Sent): Promise<readonly Outcome[]> {
    try {
      return (await this.#fromMemory(batch, sent)) ?? (await this.#inTurn(batch, sent));
    } catch (caught) {
      this.#memory.forget();
      throw caught;
    }
  }

  /** Writes in a transaction of the caller's: nothing of it is remembered, since it may be rolled back. */
  async writeWithin(transaction: Transaction, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const { draft } = await this.#takeTurn(transaction, batch, {});
    return draft.outcomes;
  }

  async #fromMemory(batch: readonly PreparedAppend[], sent: Sent): Promise<readonly Outcome[] | undefined> {
    const { connection, models, clock } = this.#parts;
    const known = this.#memory.enoughFor(batch, models.all);
    if (known === undefined) return undefined;
    const draft = new Draft(batch, known, clock);
    // What is refused by memory alone may be untrue by now.
    if (draft.isEmpty) return undefined;
    sent.draft = draft;
    try {
      const values = draft.values({ notAfter: this.#memory.notAfter() });
      const now = timeIn(onlyCell(await connection.call(this.#append, values)));
      // If others wrote meanwhile, that is noticed in the turn that follows.
      if (now === undefined) return undefined;
      this.#memory.advance(draft, now);
    } catch (caught) {
      if (stateOf(caught) === OTHERS_WROTE) return undefined;
      throw caught;
    }
    return draft.outcomes;
  }

  async #inTurn(batch: readonly PreparedAppend[], sent: Sent): Promise<readonly Outcome[]> {
    delete sent.draft;
    const { connection } = this.#parts;
    const { view, models, draft, now } = await connection.transaction((client) =>
      this.#takeTurn({ client, goesOn: 'true' }, batch, sent),
    );
    // Without an event no read model has moved to the head, and one that it kept may be another program's.
    if (now !== undefined && draft.hasEvents) {
      this.#memory.remember(view, models);
      this.#memory.advance(draft, now);
    }
    return draft.outcomes;
  }

  async #takeTurn(transaction: Transaction, batch: readonly PreparedAppend[], sent: Sent): Promise<Turn> {
    const { models: opened, connection, clock } = this.#parts;
    const asked = [connection.longestWait(), question(batch, opened.all)];
    const view = viewOf(await callIn(transaction, this.#look, asked), batch, opened.all);
    const isMoving = batch.some(({ append }) => append.events.length > 0);
    const models = isMoving ? await this.#keptModels(transaction.client, view) : [];
    // The clock is read now: what is recorded is later than whatever was read while this waited.
    const draft = new Draft(batch, { ...view, models }, clock);
    if (draft.isEmpty) return { view, models, draft, now: undefined };
    const dropped = view.kept.filter((number) => !models.some(({ model }) => model === number));
    sent.draft = draft;
    const answer = onlyCell(await callIn(transaction, this.#append, draft.values({ dropped })));
    const now = timeIn(answer);
    if (now === undefined)
      throw new StoreForeign({ store: connection.name, problem: `in a writer’s turn it answers: ${answer}` });
    return { view, models, draft, now };
  }

  /** The read models that are near enough are brought to the head, and kept; those further behind are left as they are. */
  async #keptModels(client: ClientBase, { head, headId, found }: View): Promise<readonly FoundModel[]> {
    const end = headId === '' ? START : positionOf(head, eventId(headId));
    const { connection, schema } = this.#parts;
    const turn = answeringOn(client, connection.name);
    const models: FoundModel[] = [];
    for (const one of found) {
      const { projection } = one.opened;
      const behind = { projection, model: one.model, checkpoint: positionIn(one.placed), head: end };
      const caughtUp = await catchUp(turn, schema, behind);
      if (caughtUp !== undefined) models.push({ ...one, rows: new Map([...one.rows, ...caughtUp]) });
    }
    return models;
  }
}

function timeIn(answer: string): number | undefined {
  const now = WRITTEN.exec(answer)?.[1];
  return now === undefined ? undefined : Number(now);
}
