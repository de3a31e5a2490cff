import { isFault } from '@login-policy/event-sourcing';
import {
  AnswerLost,
  foundTogether,
  pause,
  StoreForeign,
  type Found,
  type Plan,
  type Planned,
  type Transacted,
  type Transaction,
} from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { isConnectionLost, isNoPrimary, stateOf } from './faults.js';
import { ConnectionSilent } from './in-time.js';
import { LogEnd } from './log-end.js';
import type { Lookups } from './look.js';
import { appendValues, PlanWriter } from './plan-writer.js';
import { onlyCell, query, type Cell } from './queries.js';
import type { Schema } from './schema.js';
import { Steps, stepRefusal, stepValues, type Step } from './steps.js';
import { ServerClock } from './server-clock.js';
import { longestWait } from './time-outs.js';
import { callIn, type OpenTransaction } from './transaction.js';

/** What a writer works with. */
export interface WriterParts {
  readonly connection: Connection;
  readonly schema: Schema;
  /** How long to try again what was not sent, in milliseconds. */
  readonly patienceMs: number;
}

/** The plan that was sent to be written, and may be: for who loses the answer. */
interface Sent {
  plan?: Plan;
}

/** What was written under the lock. */
interface Written<Result> {
  readonly planned: Planned<Result>;
  /** Where the log ends now. */
  readonly token: LogEnd | undefined;
}

/** So often at the most a projector is faster than an append that brings its read model to the head. */
const MOST_REFUSALS = 20;
/** Something is there already that was remembered not to be: a stream, a receipt. Nothing was written. */
const OTHERS_WROTE = '23505';
/** What `append_v10` answers that has written, and when that was. Else it says why not, and has written nothing. */
const WRITTEN = /^written (\d+)$/;

/**
 * Carries transactions out: by what is remembered, in one round trip that is refused if anybody wrote meanwhile, or else under the writers'
 * lock, in four.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #lookups: Lookups;
  readonly #plans: PlanWriter;
  readonly #clock = new ServerClock();
  /** Of read models. */
  readonly steps: Steps;

  constructor(parts: WriterParts, lookups: Lookups) {
    this.#parts = parts;
    this.#lookups = lookups;
    this.#plans = new PlanWriter(parts.schema);
    this.steps = new Steps(parts.schema);
  }

  /** Asks whether a plan was written. */
  trace(plan: Plan): readonly [statement: string, values: readonly Cell[]] {
    return this.#plans.trace(plan);
  }

  /** Writes appends in a transaction of its own. @throws AnswerLost */
  async append<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    const { connection, patienceMs } = this.#parts;
    const until = performance.now() + patienceMs;
    let [isLost, elsewhere] = [false, connection.idleCount];
    for (let tries = 1; ; tries++) {
      const sent: Sent = {};
      try {
        return (await this.#remembered(transaction, tries, sent)) ?? (await this.#looked(transaction, sent));
      } catch (caught) {
        // A rebuild was promoted, or a step taken, between the look and the write, which take no lock of writers: look again.
        if (stateOf(caught) === OTHERS_WROTE && tries < MOST_REFUSALS) continue;
        // Nothing was done there: another connection of the pool may lead to the primary.
        if (isNoPrimary(caught) && elsewhere-- > 0) continue;
        // While a server that was lost is started anew, there is none to connect to.
        isLost = isConnectionLost(caught) || (isLost && isFault(caught, 'store-unavailable'));
        const fault = connection.faultOf(caught);
        if (isLost && sent.plan !== undefined) throw new AnswerLost(fault, 'try-again');
        if (!isLost || isGivenUp(caught, transaction) || performance.now() > until) throw fault;
        await pause(tries);
      }
    }
  }

  /** Takes a step of one read model, which the server compares; what takes more is done under the writers' lock. */
  async step<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    const { connection } = this.#parts;
    const { events: standsOn, ...asked } = transaction.question;
    const planned = transaction.plan(await this.#lookups.find(connection, asked, transaction));
    if ('plan' in planned && planned.plan.promoted === undefined) {
      const steps = this.steps.of(planned.plan, { standsOn });
      const [step] = steps;
      if (steps.length === 1 && step !== undefined && (await this.#takeStep(step)) === null) return done(planned);
    }
    // Why it was refused is looked up, too.
    return connection.faulty(async () =>
      done((await connection.transaction((open) => this.underLock(open, transaction))).planned),
    );
  }

  /** Looks, plans and writes in a transaction that is open. */
  async underLock<Result>(
    open: OpenTransaction,
    transaction: Transaction<Result>,
    sent: Sent = {},
  ): Promise<Written<Result>> {
    let found = await this.#look(open, transaction);
    for (let refusals = 0; ;) {
      const planned = transaction.plan(found);
      if ('question' in planned) {
        found = foundTogether(found, await this.#lookups.find(open.turn, planned.question));
        continue;
      }
      const { question, writes } = transaction;
      const steps = this.steps.of(planned.plan, { found, standsOn: question.events });
      const refused = await this.steps.take(open, steps);
      if (refused === undefined) return { planned, token: await this.#write(open, planned.plan, { found, sent }) };
      const fault = stepRefusal(refused.why, refused.step, {
        store: this.#parts.connection.name,
        name: question.models[0]?.target.name ?? '',
      });
      if (writes === 'rows' || ++refusals === MOST_REFUSALS) throw fault;
      // A projector brought the rows on meanwhile, which takes no lock of writers.
      found = await this.#look(open, transaction);
    }
  }

  /** By what is remembered, the first time. */
  async #remembered<Result>(
    { remembered, signal }: Transaction<Result>,
    tries: number,
    sent: Sent,
  ): Promise<Transacted<Result> | undefined> {
    const end = remembered?.token;
    if (remembered === undefined || tries > 1 || !(end instanceof LogEnd)) return undefined;
    let planned: Planned<Result> | undefined;
    const valuesOf = (): readonly Cell[] | undefined => {
      planned = remembered.plan();
      if (planned === undefined || planned.plan.appends.length === 0) return undefined;
      sent.plan = planned.plan;
      return appendValues(planned.plan, end, this.#clock.notAfter());
    };
    const isWritten = await this.#isWritten(valuesOf, signal);
    if (isWritten && planned !== undefined) return { ...planned, token: end.after(planned.plan), wasRemembered: true };
    delete sent.plan;
    return undefined;
  }

  /** If others wrote meanwhile, that is noticed under the lock that follows. */
  async #isWritten(valuesOf: () => readonly Cell[] | undefined, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const answer = await this.#parts.connection.callAs(this.#plans.appendCall, valuesOf, signal);
      return answer !== undefined && this.#hears(onlyCell(answer));
    } catch (caught) {
      if (stateOf(caught) === OTHERS_WROTE) return false;
      throw caught;
    }
  }

  async #looked<Result>(transaction: Transaction<Result>, sent: Sent): Promise<Transacted<Result>> {
    const { planned, token } = await this.#parts.connection.transaction(
      (open) => this.underLock(open, transaction, sent),
      transaction.signal,
    );
    return { ...planned, token, wasRemembered: false };
  }

  /** Takes the writers' lock, and looks up what is asked first. */
  async #look(open: OpenTransaction, { question, writes }: Transaction<unknown>): Promise<Found> {
    const { connection, schema } = this.#parts;
    if (writes === 'events') return this.#lookups.underLock(open, question, longestWait(connection.timeOuts));
    await query(open.client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [schema.appendLock.toString()]);
    return this.#lookups.find(open.turn, question);
  }

  async #write(
    open: OpenTransaction,
    plan: Plan,
    { found, sent }: { found: Found; sent: Sent },
  ): Promise<LogEnd | undefined> {
    const end = found.token instanceof LogEnd ? found.token : undefined;
    if (end !== undefined && plan.appends.length > 0) {
      sent.plan = plan;
      const answer = onlyCell(await callIn(open, this.#plans.appendCall, appendValues(plan, end)));
      const problem = `under the writers’ lock it answers: ${answer}`;
      if (!this.#hears(answer)) throw new StoreForeign({ store: this.#parts.connection.name, problem });
    }
    if (plan.promoted !== undefined) await this.#plans.promote(open, plan.promoted);
    return end?.after(plan);
  }

  async #takeStep(step: Step): Promise<Cell> {
    const { connection } = this.#parts;
    const [[refused = null] = []] = await connection.faulty(() => connection.call(this.steps.call, stepValues(step)));
    if (refused === null) this.steps.taken(step);
    return refused;
  }

  /** Whether it was written; then the answer says what time it is. */
  #hears(answer: string): boolean {
    const now = WRITTEN.exec(answer)?.[1];
    if (now !== undefined) this.#clock.heard(Number(now));
    return now !== undefined;
  }
}

function done<Result>(planned: Planned<Result>): Transacted<Result> {
  return { ...planned, token: undefined, wasRemembered: false };
}

/** Whether what was not sent is not to be tried again: nobody wants it, or its server says nothing and would not the next time. */
function isGivenUp(caught: unknown, { signal }: Transaction<unknown>): boolean {
  return caught instanceof ConnectionSilent || signal?.aborted === true;
}
