import type { Clock } from '@login-policy/event-sourcing';
import type { Outcome } from '@login-policy/event-sourcing/store';
import type { PreparedAppend } from './append.js';
import { callWithin, ownTransaction, type Transaction } from './callers-transaction.js';
import { caughtUp } from './catch-up.js';
import type { Connection } from './connection.js';
import { stateOf } from './faults.js';
import { question, viewOf, type FoundModel, type Ground, type KeptModel, type View } from './ground.js';
import type { OpenedModels } from './opened-models.js';
import { planAppends, type Plan } from './plan.js';
import { onlyCell, script } from './queries.js';
import type { Schema } from './schema.js';
import { writeArguments, WRITTEN } from './write-call.js';
import { WriterMemory } from './writer-memory.js';

/** What a writer works with. */
export interface WriterParts {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly clock: Clock;
  readonly models: OpenedModels;
}

const OTHERS_WROTE = 'LP003';
const LONGEST_BACK_OFF = 1024;

/**
 * Writes events, and in the same transaction the rows they make of the read models that were opened. What is written is made here:
 * from what this process remembers, in one round trip that is refused if anybody wrote meanwhile, or else from what is found in
 * a writer's turn, in two.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #memory = new WriterMemory();
  /** How many groups go without memory after it was wrong, since somebody else writes too; and how many are left of them. */
  #backOff = 0;
  #left = 0;

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
    const { schema, connection, models } = this.#parts;
    const opened = models.all;
    const asked = [connection.longestWait(), question(batch, opened)];
    const view = viewOf(await callWithin(transaction, `${schema.quoted}.look_v5($1, $2)`, asked), batch, opened);
    const ground = await this.#groundOn(transaction, view);
    const plan = planAppends(batch, ground, this.#parts.clock);
    if (plan.accepted.length === 0) return plan.outcomes;
    const values = writeArguments(plan, ground);
    const places = values.map((_, index) => `$${index + 1}`).join(', ');
    demandWritten(await callWithin(transaction, `${schema.quoted}.append_v5(${places})`, values));
    return plan.outcomes;
  }

  /** A read model may have come nearer to the head: the next append looks. */
  lookAgain(): void {
    this.#memory.lookAgain();
  }

  async #fromMemory(batch: readonly PreparedAppend[]): Promise<readonly Outcome[] | undefined> {
    if (this.#left > 0) {
      this.#left -= 1;
      return undefined;
    }
    const isWhole = batch.every(({ append }) => append.events.length > 0);
    const ground = isWhole ? this.#memory.groundFor(batch, this.#parts.models.all) : undefined;
    if (ground === undefined) return undefined;
    const plan = planAppends(batch, ground, this.#parts.clock);
    // What is refused by memory alone may be untrue by now.
    if (plan.accepted.length === 0) return undefined;
    const now = await this.#writtenAt(plan, ground);
    if (now === undefined) {
      this.#memory.forget();
      this.#backOff = Math.min(2 * this.#backOff + 1, LONGEST_BACK_OFF);
      this.#left = this.#backOff;
      return undefined;
    }
    this.#backOff = Math.floor(this.#backOff / 2);
    this.#learn(plan, now);
    return plan.outcomes;
  }

  /** When it was written, by the server's clock; `undefined` if it was not. */
  async #writtenAt(plan: Plan, ground: Ground): Promise<number | undefined> {
    const { connection, schema } = this.#parts;
    try {
      return writtenAt(await connection.call(`${schema.quoted}.append_v5`, writeArguments(plan, ground)));
    } catch (caught) {
      if (stateOf(caught) === OTHERS_WROTE) return undefined;
      throw caught;
    }
  }

  async #inTurn(batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const { connection, schema, models, clock } = this.#parts;
    const opened = models.all;
    return connection.use(async (client) => {
      const asked = client.escapeLiteral(question(batch, opened));
      const looked = `BEGIN; ${connection.limits()} SELECT ${schema.quoted}.look_v5(NULL, ${asked})`;
      const view = viewOf(onlyCell((await script(client, looked)).at(-1)), batch, opened);
      const ground = await this.#groundOn(ownTransaction(client), view);
      // The clock is read now: what is recorded is later than whatever was read while this waited.
      const plan = planAppends(batch, ground, clock);
      if (plan.accepted.length === 0) {
        await client.query('ROLLBACK');
        return plan.outcomes;
      }
      const literals = writeArguments(plan, ground).map((value) =>
        value === null ? 'NULL' : client.escapeLiteral(value),
      );
      const [answer] = await script(client, `SELECT ${schema.quoted}.append_v5(${literals.join(', ')}); COMMIT`);
      const now = demandWritten(onlyCell(answer));
      // Without an event no read model has moved to the head, and one of them may be behind it.
      if (plan.accepted.every(({ recorded }) => recorded.length === 0)) return plan.outcomes;
      this.#memory.remember(view, ground, opened);
      this.#learn(plan, now);
      return plan.outcomes;
    });
  }

  #learn(plan: Plan, now: number): void {
    this.#memory.advance(plan);
    this.#memory.hear(now);
  }

  /** The read models that are near enough are kept, from where they are; those further behind are left as they are. */
  async #groundOn({ client }: Transaction, view: View): Promise<Ground> {
    const models: KeptModel[] = [];
    for (const found of view.found) {
      const kept = await this.#kept(client, view, found);
      if (kept !== undefined) models.push(kept);
    }
    const numbers = new Set(models.map(({ model }) => model));
    return {
      ...view,
      notAfter: undefined,
      models,
      absent: [],
      dropped: view.kept.filter((model) => !numbers.has(model)),
    };
  }

  async #kept(
    client: Transaction['client'],
    { head }: View,
    { opened, model, checkpoint, rows }: FoundModel,
  ): Promise<KeptModel | undefined> {
    if (checkpoint >= head) return { opened, model, rows };
    const { projection } = opened;
    const behind = await caughtUp(client, this.#parts.schema, { projection, model, checkpoint, head });
    if (behind === undefined) return undefined;
    return { opened, model, rows: new Map([...behind.before, ...rows]), caughtUp: behind.rows };
  }
}

/** When it was written, by the server's clock; `undefined` when it answered that it was not. */
function writtenAt(answer: string): number | undefined {
  const now = WRITTEN.exec(answer)?.[1];
  return now === undefined ? undefined : Number(now);
}

function demandWritten(answer: string): number {
  const now = writtenAt(answer);
  if (now === undefined) throw new TypeError(`what was planned in a writer’s turn was refused: ${answer}`);
  return now;
}
