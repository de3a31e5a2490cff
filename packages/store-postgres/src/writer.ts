import { isFault, START, type Clock } from '@login-policy/event-sourcing';
import {
  eventId,
  OutcomeUnknown,
  pause,
  positionOf,
  StoreForeign,
  type Outcome,
} from '@login-policy/event-sourcing/store';
import type { PreparedAppend } from './append.js';
import { catchUp } from './catch-up.js';
import { Draft } from './draft.js';
import { isConnectionLost, isNoPrimary, stateOf } from './faults.js';
import { Group } from './group.js';
import { ConnectionSilent } from './in-time.js';
import { question, viewOf, type Found, type FoundModel, type View } from './known.js';
import { isThere, type Search } from './lost-answers.js';
import type { OpenedModels } from './opened-models.js';
import { positionIn } from './positions.js';
import { answeringOn, onlyCell, type Cell } from './queries.js';
import { longestWait } from './time-outs.js';
import { callIn, type Transaction } from './transaction.js';
import { WriterMemory } from './writer-memory.js';

/** What a writer works with. */
export interface WriterParts extends Search {
  readonly clock: Clock;
  readonly models: OpenedModels;
}

/** A group is sent again once, when it is known that it was not written, and never will be; one that was not sent, as long as there is time. */
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
  async write(group: Group): Promise<readonly Outcome[]> {
    const { connection, patienceMs } = this.#parts;
    const until = performance.now() + patienceMs;
    let [losses, isLost, elsewhere] = [0, false, connection.idleCount];
    try {
      for (let tries = 1; ; tries++) {
        const sent: Sent = {};
        try {
          return group.outcomesOf((await this.#fromMemory(group, sent)) ?? (await this.#inTurn(group, sent)));
        } catch (caught) {
          this.#memory.forget();
          // Nothing was done there: another connection of the pool may lead to the primary.
          if (isNoPrimary(caught) && elsewhere-- > 0) continue;
          // While a server that was lost is started anew, there is none to connect to.
          isLost = isConnectionLost(caught) || (isLost && isFault(caught, 'store-unavailable'));
          const isOver = sent.draft === undefined && (isGivenUp(caught, group) || performance.now() > until);
          if (!isLost || isOver) throw connection.faultOf(caught);
          const outcomes = await this.#afterLoss(group, sent);
          if (outcomes !== undefined) return group.outcomesOf(outcomes);
          if (sent.draft !== undefined && ++losses === TRIES) throw connection.faultOf(caught);
          await pause(tries);
        }
      }
    } finally {
      group.leave();
    }
  }

  /** Writes in a transaction of the caller's: nothing of it is remembered, since it may be rolled back. */
  async writeWithin(transaction: Transaction, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const members = batch.map((prepared) => ({ prepared, isGivenUp: false, begin: () => undefined }));
    const { draft } = await this.#takeTurn(transaction, new Group(members), {});
    return draft.outcomes;
  }

  /** How a group ended whose answer was lost; `undefined` when it was not written, and never will be: also when none of it was sent. */
  async #afterLoss(group: Group, { draft }: Sent): Promise<readonly Outcome[] | undefined> {
    if (draft === undefined) return undefined;
    try {
      return (await isThere(this.#parts, draft)) ? draft.outcomes : undefined;
    } catch (cause) {
      return group.wanted.map(({ append: { streamId } }) => ({ refused: new OutcomeUnknown({ streamId }, cause) }));
    }
  }

  async #fromMemory(group: Group, sent: Sent): Promise<readonly Outcome[] | undefined> {
    const { connection, models, clock } = this.#parts;
    const known = this.#memory.enoughFor(group.all, models.all);
    if (known === undefined) return undefined;
    const valuesOf = (): readonly Cell[] | undefined => {
      const draft = new Draft(group.wanted, known, clock);
      // What is refused by memory alone may be untrue by now.
      if (draft.isEmpty) return undefined;
      group.begin();
      sent.draft = draft;
      return draft.values(this.#memory.notAfter());
    };
    try {
      const answer = await connection.callAs(this.#append, valuesOf, group.abandoned);
      const now = answer === undefined ? undefined : timeIn(onlyCell(answer));
      // If others wrote meanwhile, that is noticed in the turn that follows.
      if (now === undefined || sent.draft === undefined) return undefined;
      this.#memory.advance(sent.draft, now);
    } catch (caught) {
      if (stateOf(caught) === OTHERS_WROTE) return undefined;
      throw caught;
    }
    return sent.draft.outcomes;
  }

  async #inTurn(group: Group, sent: Sent): Promise<readonly Outcome[]> {
    delete sent.draft;
    const { found, draft, now } = await this.#parts.connection.transaction(
      (client) => this.#takeTurn({ client, goesOn: 'true' }, group, sent),
      group.abandoned,
    );
    this.#memory.remember(found);
    if (now !== undefined) this.#memory.advance(draft, now);
    return draft.outcomes;
  }

  async #takeTurn(transaction: Transaction, group: Group, sent: Sent): Promise<Turn> {
    const { connection, clock } = this.#parts;
    const found = await this.#lookAround(transaction, group.all);
    // The clock is read now: what is recorded is later than whatever was read while this waited.
    const draft = new Draft(group.wanted, found, clock);
    group.begin();
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
    const asked = [longestWait(connection.timeOuts), ...question(batch, opened.all)];
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

/** Whether a group that was not sent is not to be tried again: nobody wants it, or its server says nothing and would not the next time. */
function isGivenUp(caught: unknown, { abandoned }: Group): boolean {
  return caught instanceof ConnectionSilent || abandoned.aborted;
}
