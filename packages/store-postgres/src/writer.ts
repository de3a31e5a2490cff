import { eventId, START, type Clock } from '@login-policy/event-sourcing';
import { OutcomeUnknown, positionOf, StoreForeign, type Outcome } from '@login-policy/event-sourcing/store';
import type { PreparedAppend } from './append.js';
import { catchUp } from './catch-up.js';
import { Draft } from './draft.js';
import { isConnectionLost, isNoPrimary, stateOf } from './faults.js';
import { question, viewOf, type Found, type FoundModel, type View } from './known.js';
import { isThere, type Search } from './lost-answers.js';
import type { OpenedModels } from './opened-models.js';
import { positionIn } from './positions.js';
import { answeringOn, onlyCell } from './queries.js';
import { callIn, type Transaction } from './transaction.js';
import { WriterMemory } from './writer-memory.js';

/** What a writer works with. */
export interface WriterParts extends Search {
  readonly clock: Clock;
  readonly models: OpenedModels;
}

/** A group is sent again once, when it is known that it was not written, and never will be. */
const TRIES = 2;
/** Something is there already that was taken not to be: a stream, a receipt. Nothing was written. */
const OTHERS_WROTE = '23505';
/** What `append_v10` answers that has written, and when that was. Else it says why not, and has written nothing. */
const WRITTEN = /^written (\d+)$/;

/** What was sent to be written, and may be: for who loses the answer. */
interface Sent {
  draft?: Draft;
}

/** What came of appends in a writer's turn. */
interface Turn {
  readonly found: Found;
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
    const places = Array.from({ length: 23 }, (_, index) => `$${index + 1}`).join(', ');
    this.#append = `SELECT * FROM ${parts.schema.quoted}.append_v10(${places})`;
    this.#look = `SELECT * FROM ${parts.schema.quoted}.look_v10($1, $2, $3, $4, $5, $6, $7)`;
  }

  /** Writes a group of appends in a transaction of its own, and finds out what became of it if the answer is lost. */
  async write(batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const { connection } = this.#parts;
    let elsewhere = connection.idleCount;
    for (let tries = 1; ; tries++) {
      const sent: Sent = {};
      try {
        return (await this.#fromMemory(batch, sent)) ?? (await this.#inTurn(batch, sent));
      } catch (caught) {
        this.#memory.forget();
        // Nothing was done there: another connection of the pool may lead to the primary.
        if (isNoPrimary(caught) && elsewhere-- > 0) continue;
        if (!isConnectionLost(caught)) throw connection.faultOf(caught);
        const outcomes = await this.#afterLoss(batch, sent);
        if (outcomes !== undefined) return outcomes;
        if (tries === TRIES) throw connection.faultOf(caught);
      }
    }
  }

  /** Writes in a transaction of the caller's: nothing of it is remembered, since it may be rolled back. */
  async writeWithin(transaction: Transaction, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const { draft } = await this.#takeTurn(transaction, batch, {});
    return draft.outcomes;
  }

  /** How a group ended whose answer was lost; `undefined` when it was not written, and never will be. */
  async #afterLoss(batch: readonly PreparedAppend[], { draft }: Sent): Promise<readonly Outcome[] | undefined> {
    try {
      return (await isThere(this.#parts, draft)) ? draft?.outcomes : undefined;
    } catch (cause) {
      return batch.map(({ append: { streamId } }) => ({ refused: new OutcomeUnknown({ streamId }, cause) }));
    }
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
      const now = timeIn(onlyCell(await connection.call(this.#append, draft.values(this.#memory.notAfter()))));
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
    const { found, draft, now } = await this.#parts.connection.transaction((client) =>
      this.#takeTurn({ client, goesOn: 'true' }, batch, sent),
    );
    this.#memory.remember(found);
    if (now !== undefined) this.#memory.advance(draft, now);
    return draft.outcomes;
  }

  async #takeTurn(transaction: Transaction, batch: readonly PreparedAppend[], sent: Sent): Promise<Turn> {
    const { connection, clock } = this.#parts;
    const found = await this.#lookAround(transaction, batch);
    // The clock is read now: what is recorded is later than whatever was read while this waited.
    const draft = new Draft(batch, found, clock);
    if (draft.isEmpty) return { found, draft, now: undefined };
    sent.draft = draft;
    const answer = onlyCell(await callIn(transaction, this.#append, draft.values()));
    const now = timeIn(answer);
    if (now === undefined)
      throw new StoreForeign({ store: connection.name, problem: `in a writer’s turn it answers: ${answer}` });
    return { found, draft, now };
  }

  /** Where everything is; read models that are near enough are brought to the head, and those further behind left as they are. */
  async #lookAround(transaction: Transaction, batch: readonly PreparedAppend[]): Promise<Found> {
    const { models: opened, connection } = this.#parts;
    const asked = [connection.longestWait(), ...question(batch, opened.all)];
    const view = viewOf(await callIn(transaction, this.#look, asked), batch, opened.all);
    const models: FoundModel[] = [];
    for (const one of view.found) models.push(...(await this.#atHead(transaction, view, one)));
    const dropped = view.kept.filter((number) => !models.some(({ model }) => model === number));
    return { ...view, models, dropped };
  }

  async #atHead({ client }: Transaction, { head, headId }: View, one: FoundModel): Promise<readonly FoundModel[]> {
    const { connection, schema } = this.#parts;
    const end = headId === '' ? START : positionOf(head, eventId(headId));
    const behind = {
      projection: one.opened.projection,
      model: one.model,
      checkpoint: positionIn(one.placed),
      head: end,
    };
    const caughtUp = await catchUp(answeringOn(client, connection.name), schema, behind);
    return caughtUp === undefined ? [] : [{ ...one, rows: new Map([...one.rows, ...caughtUp]) }];
  }
}

function timeIn(answer: string): number | undefined {
  const now = WRITTEN.exec(answer)?.[1];
  return now === undefined ? undefined : Number(now);
}
