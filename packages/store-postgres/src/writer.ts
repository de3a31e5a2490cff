import { Fault, isFault } from '@login-policy/event-sourcing';
import {
  AnswerLost,
  type Found,
  type Plan,
  type Planned,
  type Transacted,
  type Transaction,
  pause,
} from '@login-policy/event-sourcing/store';
import type { Connection } from './connection.js';
import { isConnectionLost, isNoPrimary, stateOf } from './faults.js';
import { ConnectionSilent } from './in-time.js';
import { LogEnd } from './log-end.js';
import type { Lookups } from './lookups.js';
import { PlanWriter, appendValues } from './plan-writer.js';
import { type Cell, onlyCell, query } from './queries.js';
import type { Schema } from './schema.js';
import { type Step, Steps, stepRefusal, stepValues } from './steps.js';
import { longestWait } from './time-outs.js';
import { type OpenTransaction, callIn } from './transaction.js';

/** The parts of a writer. */
export interface WriterParts {
  readonly connection: Connection;
  readonly schema: Schema;
  /** How long to retry before a plan was sent, in milliseconds. */
  readonly timeoutMs: number;
}

/** How far an attempt has come. */
interface Sent {
  /** The plan that may have been sent. If its answer is lost, the engine looks for it. */
  plan?: Plan;
  /** The server has refused the plan and written nothing. */
  isRefused?: true;
}

/** The result of a write under the lock. */
interface Written<Result> {
  readonly planned: Planned<Result>;
  /** The new end of the log. */
  readonly token: LogEnd | undefined;
}

/** How often an append is retried because a projection runner has moved its read model first. */
const MOST_REFUSALS = 20;
/**
 * Error code `unique_violation`: a stream or receipt exists already, but the cache did not have it. Nothing was
 * written.
 */
const ALREADY_EXISTS = '23505';
/**
 * The result of `append` after a write, with its time. Otherwise it returns the reason, and has written nothing.
 */
const WRITTEN = /^written (\d+)$/;

/**
 * Runs transactions. A plan from the cache takes one round trip, but is refused if another writer has written. Then,
 * and without a cache, the plan is made under the writers' lock, in four round trips.
 */
export class Writer {
  readonly #parts: WriterParts;
  readonly #lookups: Lookups;
  readonly plans: PlanWriter;
  readonly #clock = new ServerClock();
  /** The steps of read models. */
  readonly steps: Steps;

  constructor(parts: WriterParts, lookups: Lookups) {
    this.#parts = parts;
    this.#lookups = lookups;
    this.plans = new PlanWriter(parts.schema);
    this.steps = new Steps(parts.schema);
  }

  /** Writes appends in their own transaction. @throws AnswerLost */
  async append<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    const { connection, timeoutMs } = this.#parts;
    const until = performance.now() + timeoutMs;
    let [isLost, retriesOnStandby] = [false, connection.source.idleCount];
    for (let tries = 1; ; tries++) {
      const sent: Sent = {};
      try {
        return (
          (await this.#writeFromCache(transaction, tries, sent)) ?? (await this.#lookUpAndWrite(transaction, sent))
        );
      } catch (caught) {
        // The server refused the write, because a step or a promotion came after the look-up: they do not take the
        // writers' lock. Look up again.
        if ((sent.isRefused === true || stateOf(caught) === ALREADY_EXISTS) && tries < MOST_REFUSALS) continue;
        // A standby did nothing. Another connection of the pool may lead to the primary.
        if (isNoPrimary(caught) && retriesOnStandby-- > 0) continue;
        // While a lost server restarts, it refuses connections, so these attempts count as lost, too.
        isLost = isConnectionLost(caught) || (isLost && isFault(caught, 'store-unavailable'));
        const fault = connection.faultOf(caught);
        if (isLost && sent.plan !== undefined) throw new AnswerLost(fault, 'try-again');
        if (!isLost || isRetryUseless(caught, transaction) || performance.now() > until) throw fault;
        await pause(tries);
      }
    }
  }

  /**
   * Takes a step of one read model without a lock. A step that catches up, and a promotion, run under the writers' lock.
   */
  async step<Result>(transaction: Transaction<Result>): Promise<Transacted<Result>> {
    const { connection } = this.#parts;
    const { events: _, ...asked } = transaction.question;
    if (asked.models.every(({ unprocessed }) => unprocessed === undefined)) {
      const planned = transaction.plan(await this.#lookups.find(connection, asked, transaction));
      const steps = this.steps.stepsOf(planned.plan, transaction.question);
      const [step] = steps;
      const isPlain = steps.length === 1 && planned.plan.promoted === undefined;
      if (isPlain && step !== undefined && (await this.#takeStep(step)) === null) return withoutToken(planned);
    }
    // The new look-up also finds the reason of a refused step.
    return connection.withFaults(async () =>
      withoutToken((await connection.transaction((open) => this.underLock(open, transaction))).planned),
    );
  }

  /** Looks up, plans and writes in an open transaction. */
  async underLock<Result>(
    open: OpenTransaction,
    transaction: Transaction<Result>,
    sent: Sent = {},
  ): Promise<Written<Result>> {
    for (let refusals = 0; ;) {
      // Again after a refusal: a projection runner, which does not take the writers' lock, has moved the rows.
      const found = await this.#lockAndLookUp(open, transaction);
      const planned = transaction.plan(found);
      const { question, writes } = transaction;
      const steps = this.steps.stepsOf(planned.plan, question);
      const refused = await this.steps.takeAll(open, steps);
      if (refused === undefined) return { planned, token: await this.#write(open, planned.plan, { found, sent }) };
      const fault = stepRefusal(refused.reason, refused.step, {
        store: this.#parts.connection.name,
        name: question.models[0]?.target.name ?? '',
      });
      if (writes === 'rows' || ++refusals === MOST_REFUSALS) throw fault;
    }
  }

  /** Plans from the cache and writes, only on the first attempt; `undefined` when nothing was written. */
  async #writeFromCache<Result>(
    { fromCache, signal }: Transaction<Result>,
    tries: number,
    sent: Sent,
  ): Promise<Transacted<Result> | undefined> {
    const end = fromCache?.token;
    if (fromCache === undefined || tries > 1 || !(end instanceof LogEnd)) return undefined;
    let planned: Planned<Result> | undefined;
    const valuesOf = (): readonly Cell[] | undefined => {
      planned = fromCache.plan();
      if (planned === undefined || planned.plan.appends.length === 0) return undefined;
      sent.plan = planned.plan;
      return appendValues(planned.plan, end, this.#clock.notAfter());
    };
    try {
      const answer = await this.#parts.connection.call(this.plans.appendCall, valuesOf, signal);
      if (answer !== undefined && planned !== undefined && this.#readAnswer(onlyCell(answer)))
        return { ...planned, token: end.after(planned.plan), plannedFromCache: true };
    } catch (caught) {
      if (stateOf(caught) !== ALREADY_EXISTS) throw caught;
    }
    delete sent.plan;
    return undefined;
  }

  async #lookUpAndWrite<Result>(transaction: Transaction<Result>, sent: Sent): Promise<Transacted<Result>> {
    const { planned, token } = await this.#parts.connection.transaction(
      (open) => this.underLock(open, transaction, sent),
      transaction.signal,
    );
    return { ...planned, token, plannedFromCache: false };
  }

  /** Acquires the writers' lock, and makes the first look-up. */
  async #lockAndLookUp(open: OpenTransaction, { question, writes }: Transaction<unknown>): Promise<Found> {
    const { connection, schema } = this.#parts;
    if (writes === 'events') return this.#lookups.underLock(open, question, longestWait(connection.timeOuts));
    await query(open.client, 'SELECT pg_catalog.pg_advisory_xact_lock($1)', [schema.appendLock.toString()]);
    return this.#lookups.find(open.queries, question);
  }

  async #write(
    open: OpenTransaction,
    plan: Plan,
    { found, sent }: { found: Found; sent: Sent },
  ): Promise<LogEnd | undefined> {
    const end = found.token instanceof LogEnd ? found.token : undefined;
    if (end !== undefined && plan.appends.length > 0) {
      sent.plan = plan;
      const answer = onlyCell(await callIn(open, this.plans.appendCall, appendValues(plan, end)));
      if (!this.#readAnswer(answer)) {
        delete sent.plan;
        sent.isRefused = true;
        const problem = `it refused a plan that was made under the writers’ lock: ${answer}`;
        throw new Fault('store-foreign', { store: this.#parts.connection.name, problem });
      }
    }
    if (plan.promoted !== undefined) await this.plans.promote(open, plan.promoted);
    return end?.after(plan);
  }

  async #takeStep(step: Step): Promise<Cell> {
    const { connection } = this.#parts;
    const answer = await connection.withFaults(() => connection.call(this.steps.call, () => stepValues(step)));
    const [[refused = null] = []] = answer ?? [];
    if (refused === null) this.steps.noteTaken(step);
    return refused;
  }

  /** Whether an answer says that the plan was written. If so, its time updates the clock. */
  #readAnswer(answer: string): boolean {
    const now = WRITTEN.exec(answer)?.[1];
    if (now !== undefined) this.#clock.update(Number(now));
    return now !== undefined;
  }
}

function withoutToken<Result>(planned: Planned<Result>): Transacted<Result> {
  return { ...planned, token: undefined, plannedFromCache: false };
}

/** Whether a retry is useless: the caller has given up, or the server is silent. */
function isRetryUseless(caught: unknown, { signal }: Transaction<unknown>): boolean {
  return caught instanceof ConnectionSilent || signal?.aborted === true;
}

/**
 * How late a plan may reach the server. It is limited, because the plan's recording time was read before. The time
 * counts from the server's last answer, so it includes the round trip.
 */
const ALLOWED_DELAY_MS = 250;

/** The server's clock, as of its last answer. */
export class ServerClock {
  #lastAnswer = { now: 0, at: 0 };

  /** Sets the server's time, in milliseconds since 1970. */
  update(now: number): void {
    this.#lastAnswer = { now, at: performance.now() };
  }

  /** The latest server time for a plan made now, in milliseconds. */
  notAfter(): number {
    return this.#lastAnswer.now + Math.ceil(performance.now() - this.#lastAnswer.at) + ALLOWED_DELAY_MS;
  }
}
