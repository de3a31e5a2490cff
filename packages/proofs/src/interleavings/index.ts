import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { monotonicIds, type Store } from '@login-policy/event-sourcing';
import { followedStoreOn, memoryReadModelStore, storeOn } from '@login-policy/event-sourcing/store';
import { yieldToLoop } from '@login-policy/event-sourcing/values';
import { Chance } from '../attacks/chance.js';
import type { Proof, ProofOptions } from '../proof.js';
import { Link, type Conditions } from './link.js';
import { Member } from './member.js';
import { SharedLog } from './shared-log.js';

/** How long the calls of a round may need to end once nothing fails any more. */
const ENDING_MS = 30_000;

/** The kernel on a database in memory that is slow, fails and loses answers, used by several stores at once. */
export const interleavings: Proof = {
  name: 'interleavings',
  promise:
    'whatever order calls of one to three processes, faults, lost answers, aborts, rebuilds and closings come in, no ' +
    'acknowledged event is lost, none is recorded twice, no read is stale or differs from a fold of the log, ' +
    'subscribers get every event once, and every call ends',
  rounds: 2000,
  prove,
};

async function prove({ rounds, seed }: ProofOptions): Promise<Readonly<Record<string, number>>> {
  let [events, answers] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const problems = new Set<string>();
    const noteRejection = (caught: unknown): void =>
      void problems.add(`a rejection was not handled: ${String(caught)}`);
    process.on('unhandledRejection', noteRejection);
    const done = await new Round(seed + round, (problem) => problems.add(problem)).run();
    process.off('unhandledRejection', noteRejection);
    if (problems.size > 0)
      throw new Error(`with \`--rounds 1 --seed ${seed + round}\`: ${[...problems].slice(0, 4).join('; ')}`);
    events += done.events;
    answers += done.answers;
  }
  return { events, answers };
}

/** One round: a database, its conditions, and the processes that use it. */
class Round {
  readonly #chance: Chance;
  readonly #conditions: Conditions;
  readonly #ids = monotonicIds();
  readonly #isFollowed: boolean;
  readonly #isGrouped: boolean;
  readonly #log: SharedLog;
  readonly #members: Member[] = [];
  readonly #note: (problem: string) => void;
  readonly #running = new Set<Promise<void>>();

  constructor(seed: number, note: (problem: string) => void) {
    const chance = new Chance(seed);
    this.#chance = chance;
    this.#note = note;
    this.#log = new SharedLog(note);
    this.#isFollowed = chance.oneIn(3);
    this.#isGrouped = chance.below(5) < 3;
    this.#conditions = {
      slow: chance.pick([1, 3, 8, 20]),
      failing: chance.pick([0, 0, 50, 10]),
      losing: chance.pick([0, 0, 20, 5]),
      caches: this.#isGrouped && !this.#isFollowed && chance.below(5) < 4,
      ownWritesKeepToken: chance.oneIn(2),
    };
    for (let count = 1 + chance.below(3); count > 0; count--) this.#join();
  }

  async run(): Promise<{ readonly events: number; readonly answers: number }> {
    for (let steps = this.#chance.pick([20, 60, 150]); steps > 0; steps--) {
      this.#step(this.#chance.pick(this.#members));
      for (let turns = this.#chance.below(4); turns > 0; turns--) await nextTurn();
    }
    Object.assign(this.#conditions, { failing: 0, losing: 0 });
    await this.#inTime(Promise.all(this.#running), 'a call did not end');
    const open = this.#members.filter(({ isClosed }) => !isClosed);
    for (const member of open) await this.#inTime(member.settle(), 'a read model did not reach the head');
    this.#checkLog();
    await this.#inTime(Promise.all(open.map((member) => member.close())), 'a store did not close');
    return { events: this.#log.events.length, answers: this.#members.reduce((sum, { answers }) => sum + answers, 0) };
  }

  #join(): void {
    const [chance, log, note] = [this.#chance, this.#log, this.#note];
    this.#members.push(new Member({ store: this.#openStore(), log, chance, note, ids: this.#ids }));
  }

  #openStore(): Store {
    const link = new Link(this.#log, this.#chance, this.#conditions);
    if (this.#isFollowed) return followedStoreOn(link, memoryReadModelStore(), {});
    const most = { appends: this.#chance.pick([1, 3, 100]), size: Number.MAX_SAFE_INTEGER };
    return storeOn(link, { most, ...(this.#isGrouped && { gather: yieldToLoop }) });
  }

  /** Starts one call, and does not wait for it. */
  #step(member: Member): void {
    const percent = this.#chance.below(100);
    if (member.isClosed) {
      if (percent < 30) this.#join();
    } else if (percent < 35) this.#start(member.append());
    else if (percent < 45) this.#start(member.command());
    else if (percent < 55) this.#start(member.openRunner());
    else if (percent < 78) this.#start(member.read());
    else if (percent < 86) this.#start(member.subscribe());
    else if (percent < 97) this.#start(member.maintain());
    else if (percent < 98) this.#start(member.closeRunner());
    else if (percent < 99) this.#start(member.close());
  }

  #start(call: Promise<void>): void {
    const running = call
      .catch((caught: unknown) => this.#note(`a call failed: ${String(caught)}`))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Every acknowledged event is in the log once; of a refused append, none is. */
  #checkLog(): void {
    const inLog = new Map<string, number>();
    for (const { id } of this.#log.events) inLog.set(id, (inLog.get(id) ?? 0) + 1);
    if (inLog.size < this.#log.events.length) this.#note('an event was recorded twice');
    for (const { ids, outcome } of this.#members.flatMap(({ attempted }) => attempted)) {
      if (outcome === 'outcome-unknown') continue;
      const isRight = outcome === 'acknowledged' ? ids.every((id) => inLog.has(id)) : !ids.some((id) => inLog.has(id));
      if (!isRight) this.#note(`the log contradicts an append that ended with ${outcome}`);
    }
  }

  async #inTime(work: Promise<unknown>, problem: string): Promise<void> {
    const late = new AbortController();
    const isLate = pause(ENDING_MS, 'late', { signal: late.signal }).catch(() => undefined);
    if ((await Promise.race([work, isLate])) === 'late') this.#note(problem);
    late.abort();
  }
}
