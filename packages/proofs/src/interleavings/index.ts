import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { eventId, instant, type Store, yieldToLoop, type EventId } from '@login-policy/event-sourcing';
import { followedStoreOn, storeOn } from '@login-policy/event-sourcing/store';
import { Chance } from '../attacks/chance.js';
import { randomFrom, type Proof, type ProofOptions } from '../proof.js';
import { Consuming } from './consuming.js';
import { CATEGORIES } from './counts.js';
import { CachedLink, Link, type Conditions } from './link.js';
import { Member } from './member.js';
import { SharedLog } from './shared-log.js';
import { SimulatedTime } from './simulated-time.js';
import { slowReadModels } from './slow-read-models.js';

/** How long the calls of a round may need to end once nothing fails any more. */
const ENDING_MS = 30_000;
/** A jump of the wall clock by at least this is a suspended machine: no proof from before it counts. */
const SUSPENDED_MS = 1000;

/** The kernel on a database in memory that is slow, fails and loses answers, used by several stores at once. */
export const interleavings: Proof = {
  name: 'interleavings',
  promise:
    'whatever order calls of one to three processes, faults, lost answers, aborts, rebuilds, closings, restores and ' +
    'jumps of the clock come in, no acknowledged event is lost, none is recorded twice, no read is stale or differs ' +
    'from a fold of the log, subscribers get every event once and consumers at least once, and every call ends',
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
  readonly #consumers: readonly Consuming[];
  readonly #follows: 'none' | 'some' | 'all';
  readonly #ids: () => EventId;
  /** Whether stores may plan from their caches. */
  readonly #isCached: boolean;
  readonly #isGrouped: boolean;
  readonly #isRestored: boolean;
  readonly #log: SharedLog;
  readonly #members: Member[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #time = new SimulatedTime();
  #isOver = false;

  constructor(seed: number, note: (problem: string) => void) {
    const chance = new Chance(seed);
    this.#chance = chance;
    this.#time.begin(randomFrom(seed));
    this.#ids = seededIds(new Chance(seed));
    this.#log = new SharedLog(note, chance.oneIn(4));
    this.#follows = chance.pick(['none', 'some', 'all']);
    this.#isGrouped = chance.below(5) < 3;
    this.#isCached = this.#isGrouped && chance.below(5) < 4;
    this.#isRestored = chance.oneIn(3);
    const names = chance.oneIn(3) ? [undefined, CATEGORIES.slice(0, 1)] : [];
    this.#consumers = names.map((categories, index) => new Consuming(`consumer ${index}`, this.#log, categories));
    this.#conditions = {
      slow: chance.pick([2, 3, 8, 20]),
      failing: chance.pick([0, 0, 50, 10]),
      // Tried again after a restore, an append may come to the same position in two histories.
      losing: this.#isRestored ? 0 : chance.pick([0, 0, 20, 5]),
      ownWritesKeepToken: chance.oneIn(2),
    };
    for (let count = 1 + chance.below(3); count > 0; count--) this.#join();
  }

  async run(): Promise<{ readonly events: number; readonly answers: number }> {
    const passing = this.#letTimePass();
    try {
      for (let steps = this.#chance.pick([20, 50, 100]); steps > 0; steps--) {
        this.#step(this.#chance.pick(this.#members));
        if (this.#chance.oneIn(this.#isRestored ? 12 : 50)) this.#disturb();
        for (let turns = this.#chance.below(4); turns > 0; turns--) await nextTurn();
      }
      await this.#settle();
    } finally {
      this.#isOver = true;
      await passing;
      this.#time.end();
    }
    const answers = this.#members.reduce((sum, { reads }) => sum + reads.answers, 0);
    return { events: this.#log.events.length, answers };
  }

  /** Once nothing fails any more, every call ends, every read model reaches the head, and all events are handled. */
  async #settle(): Promise<void> {
    Object.assign(this.#conditions, { slow: 1, failing: 0, losing: 0 });
    for (const consuming of this.#consumers) consuming.isCalm = true;
    await this.#inTime(Promise.all(this.#running), 'a call did not end');
    const open = this.#members.filter(({ isClosed }) => !isClosed);
    for (const member of open) await this.#inTime(member.reads.settle(), 'a read model did not reach the head');
    const consumers = open.flatMap((member) => member.consumers);
    await this.#inTime(allHandled(consumers.map(({ consuming }) => consuming)), 'a consumer did not handle all events');
    this.#checkLog();
    await this.#inTime(Promise.all(open.map((member) => member.close())), 'a store did not close');
  }

  #join(): void {
    const [chance, log, consumers] = [this.#chance, this.#log, this.#consumers];
    this.#members.push(new Member({ store: this.#openStore(), log, chance, consumers, ids: this.#ids }));
  }

  #openStore(): Store {
    const [chance, clock] = [this.#chance, () => instant(Date.now())];
    if (this.#follows === 'all' || (this.#follows === 'some' && chance.oneIn(2))) {
      const link = new Link(this.#log, chance, this.#conditions);
      return followedStoreOn(link, slowReadModels(chance), { clock });
    }
    const link = new (this.#isCached ? CachedLink : Link)(this.#log, chance, this.#conditions);
    const most = { appends: chance.pick([1, 3, 100]), size: Number.MAX_SAFE_INTEGER };
    return storeOn(link, { most, clock, ...(this.#isGrouped && { gather: yieldToLoop }) });
  }

  /** Starts one call, and does not wait for it. */
  #step(member: Member): void {
    const percent = this.#chance.below(100);
    if (member.isClosed) {
      if (percent < 30) this.#join();
    } else if (percent < 32) this.#start(member.append());
    else if (percent < 42) this.#start(member.command());
    else if (percent < 44) this.#start(member.lookBack());
    else if (percent < 54) this.#start(member.reads.open());
    else if (percent < 76) this.#start(member.reads.read());
    else if (percent < 84) this.#start(member.subscribe());
    else if (percent < 94) this.#start(member.reads.maintain());
    else if (percent < 97) this.#start(member.consume());
    else if (percent < 98) this.#start(member.closeOne());
    else if (percent < 99) this.#start(member.close());
  }

  #disturb(): void {
    if (this.#isRestored && this.#chance.oneIn(2))
      this.#log.restore(this.#chance.pick([1, 2, 1 + this.#chance.below(20)]));
    else {
      const ms = this.#chance.pick([-5000, -100, 100, 5000]);
      this.#time.jump(ms);
      if (ms > SUSPENDED_MS) this.#log.suspendedAt = performance.now();
    }
  }

  async #letTimePass(): Promise<void> {
    while (!this.#isOver) {
      await nextTurn();
      this.#time.pass(this.#chance.pick([0, 1, 10]) * (this.#conditions.slow === 1 ? 10 : 1));
    }
  }

  #start(call: Promise<void>): void {
    const running = call
      .catch((caught: unknown) => this.#log.note(`a call failed: ${String(caught)}`))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Every acknowledged event is in the log once; of a refused append, none is. */
  #checkLog(): void {
    const inLog = new Map<string, number>();
    for (const { id } of this.#log.events) inLog.set(id, (inLog.get(id) ?? 0) + 1);
    if (inLog.size < this.#log.events.length) this.#log.note('an event was recorded twice');
    for (const { ids, outcome } of this.#members.flatMap(({ attempted }) => attempted)) {
      if (outcome === 'outcome-unknown') continue;
      const isThere = (id: string): boolean => inLog.has(id) || this.#log.lost.has(id);
      const isRight = outcome === 'acknowledged' ? ids.every(isThere) : !ids.some((id) => inLog.has(id));
      if (!isRight) this.#log.note(`the log contradicts an append that ended with ${outcome}`);
    }
  }

  async #inTime(work: Promise<unknown>, problem: string): Promise<void> {
    const late = new AbortController();
    const isLate = pause(ENDING_MS, 'late', { signal: late.signal }).catch(() => undefined);
    if ((await Promise.race([work, isLate])) === 'late') this.#log.note(problem);
    late.abort();
  }
}

async function allHandled(consumers: readonly Consuming[]): Promise<void> {
  while (consumers.some(({ missing }) => missing > 0)) await nextTurn();
}

/** Ids that are the same for the same seed. */
function seededIds(chance: Chance): () => EventId {
  let count = 0;
  return () => {
    count += 1;
    const end = String(chance.below(100_000_000)).padStart(8, '0');
    return eventId(`01${String(count).padStart(16, '0')}${end}`);
  };
}
