import type { Clock } from '@login-policy/event-sourcing';
import type { Outcome } from '@login-policy/event-sourcing/store';
import type { ClientBase } from 'pg';
import type { PreparedAppend } from './append.js';
import { caughtUp } from './catch-up.js';
import type { Connection } from './connection.js';
import { stateOf } from './faults.js';
import { question, viewOf, type FoundModel, type Ground, type KeptModel, type View } from './ground.js';
import type { OpenedModels } from './opened-models.js';
import { planAppends, type Plan } from './plan.js';
import type { Schema } from './schema.js';
import { callIn, ownTransaction, type Transaction } from './transaction.js';
import { writeArguments } from './write-call.js';
import { WriterMemory } from './writer-memory.js';

/** What a writer works with. */
export interface WriterParts {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly clock: Clock;
  readonly models: OpenedModels;
}

const OTHERS_WROTE = 'LP003';
/** What `append_v6` answers that has written, and when that was. Else it says why not, and has written nothing. */
const WRITTEN = /^written (\d+)$/;

/** What came of appends in a writer's turn. */
interface Turn {
  readonly view: View;
  readonly models: readonly KeptModel[];
  readonly plan: Plan;
  /** When it was written, by the server's clock; `undefined` when there was nothing to write. */
  readonly now: number | undefined;
}

/**
 * Writes events, and in the same transaction the rows they make of the read models that were opened. What is written is made here:
 * from what this process remembers, in one round trip that is refused if anybody wrote meanwhile, or else from what is found in
 * a writer's turn, in two.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #memory = new WriterMemory();

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /** Writes a group of appends in a transaction of its own. */
  async write(batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    try {
      return (await this.#fromMemory(batch)) ?? (await this.#inTurn(batch));
    } catch (caught) {
      this.#memory.forget();
      throw caught;
    }
  }

  /** Writes in a transaction of the caller's: nothing of it is remembered, since it may be rolled back. */
  async writeWithin(transaction: Transaction, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const { plan } = await this.#takeTurn(transaction, batch);
    return plan.outcomes;
  }

  async #fromMemory(batch: readonly PreparedAppend[]): Promise<readonly Outcome[] | undefined> {
    const ground = this.#memory.groundFor(batch, this.#parts.models.all);
    if (ground === undefined) return undefined;
    const plan = planAppends(batch, ground, this.#parts.clock);
    // What is refused by memory alone may be untrue by now.
    if (plan.accepted.length === 0) return undefined;
    const now = await this.#writtenAt(plan, ground);
    if (now === undefined) {
      this.#memory.forget();
      return undefined;
    }
    this.#memory.advance(plan, now);
    return plan.outcomes;
  }

  /** When it was written, by the server's clock; `undefined` if it was not. */
  async #writtenAt(plan: Plan, ground: Ground): Promise<number | undefined> {
    const { connection, schema } = this.#parts;
    try {
      return timeIn(await connection.call(`${schema.quoted}.append_v6`, writeArguments(plan, ground)));
    } catch (caught) {
      if (stateOf(caught) === OTHERS_WROTE) return undefined;
      throw caught;
    }
  }

  #inTurn(batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const { connection } = this.#parts;
    return connection.use(async (client) => {
      const { view, models, plan, now } = await this.#takeTurn(ownTransaction(client, connection.limits()), batch);
      // Without an event no read model has moved to the head, and one of them may be behind it.
      if (now !== undefined && plan.accepted.some(({ recorded }) => recorded.length > 0)) {
        this.#memory.remember(view, models);
        this.#memory.advance(plan, now);
      }
      return plan.outcomes;
    });
  }

  async #takeTurn(transaction: Transaction, batch: readonly PreparedAppend[]): Promise<Turn> {
    const { schema, models: opened, connection, clock } = this.#parts;
    const look = { name: `${schema.quoted}.look_v6`, values: [connection.longestWait(), question(batch, opened.all)] };
    const view = viewOf(await callIn(transaction, 'first', look), batch, opened.all);
    const models = await this.#keptModels(transaction.client, view);
    const numbers = new Set(models.map(({ model }) => model));
    const dropped = view.kept.filter((model) => !numbers.has(model));
    const ground = { ...view, models, dropped, notAfter: undefined, absent: [] };
    // The clock is read now: what is recorded is later than whatever was read while this waited.
    const plan = planAppends(batch, ground, clock);
    if (plan.accepted.length === 0) {
      if (transaction.commit !== '') await transaction.client.query('ROLLBACK');
      return { view, models, plan, now: undefined };
    }
    const write = { name: `${schema.quoted}.append_v6`, values: writeArguments(plan, ground) };
    const answer = await callIn(transaction, 'last', write);
    const now = timeIn(answer);
    if (now === undefined) throw new TypeError(`what was planned in a writer’s turn was refused: ${answer}`);
    return { view, models, plan, now };
  }

  /** The read models that are near enough are kept, from where they are; those further behind are left as they are. */
  async #keptModels(client: ClientBase, view: View): Promise<readonly KeptModel[]> {
    const models: KeptModel[] = [];
    for (const found of view.found) {
      const kept = await this.#kept(client, view, found);
      if (kept !== undefined) models.push(kept);
    }
    return models;
  }

  async #kept(client: ClientBase, { head }: View, found: FoundModel): Promise<KeptModel | undefined> {
    const { opened, model, checkpoint, rows } = found;
    if (checkpoint >= head) return { opened, model, rows };
    const { projection } = opened;
    const behind = await caughtUp(client, this.#parts.schema, { projection, model, checkpoint, head });
    if (behind === undefined) return undefined;
    return { opened, model, rows: new Map([...behind.before, ...rows]), caughtUp: behind.rows };
  }
}

function timeIn(answer: string): number | undefined {
  const now = WRITTEN.exec(answer)?.[1];
  return now === undefined ? undefined : Number(now);
}
