import type { Clock } from '@login-policy/event-sourcing';
import type { ClientBase } from 'pg';
import type { Outcome, PreparedAppend } from './append-batch.js';
import { callWithin, ownTransaction, type Transaction } from './callers-transaction.js';
import type { Connection } from './connection.js';
import { script } from './queries.js';
import { stateOf } from './faults.js';
import { catchUp } from './inline-catch-up.js';
import { reckonedCall, type Call } from './inline-call.js';
import { planAppends, type InlineModel, type Plan } from './inline-plan.js';
import { lookAt, type View } from './inline-view.js';
import type { Schema } from './schema.js';
import { WriterMemory } from './writer-memory.js';
import { WRITTEN, type Writer } from './writer.js';

const READ_MODEL_ELSEWHERE = 'LP003';

/** What a writer with inline projections works with. */
export interface InlineParts {
  readonly connection: Connection;
  readonly schema: Schema;
  readonly clock: Clock;
  readonly models: readonly InlineModel[];
}

/**
 * Writes events and the rows they make in one transaction. Rows are reckoned here, by the reducer: from what this process
 * remembers, in one round trip that is refused if anybody wrote meanwhile, and then from what is found in its turn.
 */
export class InlineWriter implements Writer {
  readonly #parts: InlineParts;
  readonly #memory: WriterMemory;

  constructor(parts: InlineParts) {
    this.#parts = parts;
    this.#memory = new WriterMemory();
  }

  async write(attempt: string, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    try {
      return (await this.#fromMemory(attempt, batch)) ?? (await this.#inTurn(attempt, batch));
    } catch (caught) {
      this.#memory.forget();
      throw caught;
    }
  }

  async writeWithin(transaction: Transaction, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const { quoted } = this.#parts.schema;
    await callWithin(transaction, `${quoted}.take_turn($1, '')`, [this.#parts.connection.longestWait()]);
    const { plan, view } = await this.#reckon(transaction, batch);
    const call = reckonedCall('', plan, { ground: view, models: this.#parts.models });
    const places = call.values.map((_, index) => `, $${index + 1}`).join('');
    demandWritten(await callWithin(transaction, `${quoted}.${call.name}(NULL${places})`, call.values));
    return plan.outcomes;
  }

  async #fromMemory(attempt: string, batch: readonly PreparedAppend[]): Promise<readonly Outcome[] | undefined> {
    const ground = this.#memory.groundFor(batch);
    if (ground === undefined) return undefined;
    const plan = planAppends(batch, ground, this.#parts);
    if (isIncomplete(plan)) return undefined;
    if (!(await this.#isWritten(reckonedCall(attempt, plan, { ground, models: this.#parts.models })))) {
      this.#memory.forget();
      return undefined;
    }
    this.#memory.advance(plan);
    return plan.outcomes;
  }

  async #isWritten({ name, values }: Call): Promise<boolean> {
    const { connection, schema } = this.#parts;
    try {
      return (await connection.call(`${schema.quoted}.${name}`, values)) === WRITTEN;
    } catch (caught) {
      if (stateOf(caught) === READ_MODEL_ELSEWHERE) return false;
      throw caught;
    }
  }

  async #inTurn(attempt: string, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    const { connection, schema } = this.#parts;
    const { plan, view } = await connection.use(async (client) => {
      const turn = `SELECT ${schema.quoted}.take_turn(NULL, ${client.escapeLiteral(attempt)})`;
      await client.query(`BEGIN; ${connection.limits()} ${turn}`);
      const reckoned = await this.#reckon(ownTransaction(client), batch);
      const { plan: found, view: ground } = reckoned;
      const call = this.#call(client, reckonedCall(attempt, found, { ground, models: this.#parts.models }));
      const [answer] = await script(client, `${call}; COMMIT`);
      demandWritten(answer?.[0]?.[0]);
      return reckoned;
    });
    this.#memory.remember(view);
    this.#memory.advance(plan);
    return plan.outcomes;
  }

  /** Looks and reckons until it knows every row it needs: which those are is known when the events are in their places. */
  async #reckon(
    transaction: Transaction,
    batch: readonly PreparedAppend[],
  ): Promise<{ readonly plan: Plan; readonly view: View }> {
    const { models } = this.#parts;
    const keys = models.map(() => new Set<string>());
    for (;;) {
      const view = await lookAt(transaction.client, this.#parts, { batch, keys });
      if (view.places.length !== models.length) throw new TypeError('a read model is missing');
      if (await this.#hasCaughtUp(transaction, view)) continue;
      const plan = planAppends(batch, view, this.#parts);
      if (!isIncomplete(plan)) return { plan, view };
      for (const [index, missing] of plan.missing.entries()) for (const key of missing) keys[index]?.add(key);
    }
  }

  /** Brings models up to the head that others wrote past, without their rows. */
  async #hasCaughtUp(transaction: Transaction, view: View): Promise<boolean> {
    const behind = view.places.flatMap((place, index) => {
      const model = this.#parts.models[index];
      return model === undefined || place.checkpoint >= view.head ? [] : [{ model, place }];
    });
    for (const { model, place } of behind) {
      await catchUp(transaction, this.#parts, { projection: model.projection, place, head: view.head });
    }
    return behind.length > 0;
  }

  #call(client: ClientBase, call: Call): string {
    const literals = call.values.map((value) => (value === null ? 'NULL' : client.escapeLiteral(value)));
    return `SELECT ${this.#parts.schema.quoted}.${call.name}(${['NULL', ...literals].join(', ')})`;
  }
}

function isIncomplete({ missing }: Plan): boolean {
  return missing.some((keys) => keys.size > 0);
}

function demandWritten(answer: string | null | undefined): void {
  if (answer !== WRITTEN) throw new TypeError('what was reckoned in a writer’s turn was refused');
}
