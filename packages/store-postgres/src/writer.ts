import type { Clock } from '@login-policy/event-sourcing';
import { batchJson, outcomesOf, recordedEvents, type Outcome, type PreparedAppend } from './append-batch.js';
import { callWithin, type Transaction } from './callers-transaction.js';
import type { Connection } from './connection.js';
import { onlyCell, script } from './queries.js';
import { placedArguments } from './inline-call.js';
import type { Schema } from './schema.js';
import { WriterMemory } from './writer-memory.js';

/** Writes appends: in a transaction of its own, which may be tried under a name, or inside one of the caller's. */
export interface Writer {
  write(attempt: string, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]>;
  writeWithin(transaction: Transaction, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]>;
}

/** What a function answers that has written what was reckoned before. */
export const WRITTEN = 'written';

const LONGEST_BACK_OFF = 1024;

/**
 * Writes by one call of a function: one round trip, in which the server itself opens and commits the transaction. Where this
 * process wrote last and knows the stream, the event goes to the place it must have then, which is refused if anybody wrote
 * meanwhile; else the function finds the place.
 */
export class PlainWriter implements Writer {
  readonly #connection: Connection;
  readonly #schema: string;
  readonly #clock: Clock;
  readonly #memory: WriterMemory = new WriterMemory();
  /** How many appends go without memory after it was wrong, since somebody else writes too; and how many are left of them. */
  #backOff = 0;
  #left = 0;
  #era: string | undefined;

  constructor({ connection, schema, clock }: { connection: Connection; schema: Schema; clock: Clock }) {
    this.#connection = connection;
    this.#schema = schema.quoted;
    this.#clock = clock;
  }

  async write(attempt: string, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    try {
      return (await this.#fromMemory(batch)) ?? (await this.#inTurn(attempt, batch));
    } catch (caught) {
      this.#forget();
      throw caught;
    }
  }

  async writeWithin(transaction: Transaction, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    await callWithin(transaction, `${this.#schema}.take_turn($1, '')`, [this.#connection.longestWait()]);
    const values = [this.#connection.longestWait(), '', batchJson(batch, this.#clock)];
    return outcomesOf(batch, await callWithin(transaction, `${this.#schema}.append_events($1, $2, $3)`, values));
  }

  async #fromMemory(batch: readonly PreparedAppend[]): Promise<readonly Outcome[] | undefined> {
    if (this.#left > 0) {
      this.#left -= 1;
      return undefined;
    }
    const [one] = batch;
    const known = one === undefined || batch.length > 1 ? undefined : this.#memory.placeFor(one, this.#clock);
    if (one === undefined || known === undefined) return undefined;
    const values = placedArguments(one, known);
    if (values === undefined) return undefined;
    const answering = this.#connection.call(`${this.#schema}.append_known`, values);
    // Made while the server writes them.
    const recorded = recordedEvents(one, known.place);
    const answer = await answering;
    if (answer === WRITTEN) {
      this.#backOff = Math.floor(this.#backOff / 2);
      this.#memory.learn(recorded, known.era);
      return [{ recorded }];
    }
    this.#backOff = Math.min(2 * this.#backOff + 1, LONGEST_BACK_OFF);
    this.#left = this.#backOff;
    this.#forget();
    return undefined;
  }

  async #inTurn(attempt: string, batch: readonly PreparedAppend[]): Promise<readonly Outcome[]> {
    this.#era ??= await this.#askEra();
    const answer = await this.#connection.use(async (client) => {
      const name = client.escapeLiteral(attempt);
      await client.query(`BEGIN; ${this.#connection.limits()} SELECT ${this.#schema}.take_turn(NULL, ${name})`);
      // The clock is read now: what is recorded is later than whatever was read while this waited.
      const events = client.escapeLiteral(batchJson(batch, this.#clock));
      const answers = await script(client, `SELECT ${this.#schema}.append_events(NULL, ${name}, ${events}); COMMIT`);
      return onlyCell(answers[0]);
    });
    const outcomes = outcomesOf(batch, answer);
    const recorded = outcomes.flatMap((outcome) => ('recorded' in outcome ? outcome.recorded : []));
    this.#memory.learn(recorded, this.#era);
    return outcomes;
  }

  #forget(): void {
    this.#memory.forget();
    this.#era = undefined;
  }

  async #askEra(): Promise<string> {
    const rows = await this.#connection.read(`SELECT ${this.#schema}.current_era()`);
    // Null for a role that may not know: it is told so when it writes.
    return rows[0]?.[0] ?? '';
  }
}
