import {
  accept,
  CommandHandler,
  type Consumer,
  Deadline,
  type Decision,
  type EventStore,
  type RecordedEvent,
  reject,
  revision,
  streamId,
} from '@login-policy/event-sourcing';
import type { Consuming } from './consuming.js';
import { countedEvents, type Counted } from './counts.js';
import { faultOf, maybeSignal, newAppend } from './calls.js';
import { Reads } from './reads.js';
import { followSubscription } from './subscriber.js';
import type { MemberParts } from './member-parts.js';

/** What became of the events that a process wanted to append. */
export interface Attempted {
  readonly ids: readonly string[];
  /** `acknowledged`, or the fault. */
  readonly outcome: string;
}

const by = { actor: 'proof' };

/** By 0, nothing is changed where the count is even; where it is odd, that is refused. */
function decide(data: Counted['data'], count: number): Decision<Counted, 'odd'> {
  if (data.by > 0) return accept<Counted>({ type: 'Counted', data });
  return count % 2 === 0 ? accept() : reject('odd');
}

/** One process of a round, with its store, its read models and its command handler. Each method notes broken promises. */
export class Member {
  readonly attempted: Attempted[] = [];
  readonly reads: Reads;
  readonly consumers: { readonly consuming: Consuming; readonly consumer: Consumer }[] = [];
  isClosed = false;
  readonly #parts: MemberParts;
  readonly #handler: CommandHandler<Counted['data'], Counted, number, 'odd'>;

  constructor(parts: MemberParts) {
    this.#parts = parts;
    this.reads = new Reads(parts);
    const decider = { initial: 0, evolve: (count: number) => count + 1, decide };
    const { ids, store } = parts;
    this.#handler = new CommandHandler({ eventStore: store.eventStore, events: countedEvents, decider, ids });
  }

  get eventStore(): EventStore {
    return this.#parts.store.eventStore;
  }

  /** Appends one to three events, at a revision that may be right or wrong. */
  async append(): Promise<void> {
    const { chance, ids: newId, log } = this.#parts;
    const append = newAppend(chance, log, newId);
    const ids = append.events.map(({ id }) => id);
    const outcome = await faultOf('append', log, async () => {
      this.#acknowledge(await this.eventStore.append(append), ids);
      return 'acknowledged';
    });
    this.attempted.push({ ids, outcome });
  }

  /** Handles a command, some under an idempotency key. */
  async command(): Promise<void> {
    const { chance, log } = this.#parts;
    const stream = streamId('tally', chance.pick(['a1', 'a2', 'c1']));
    const [begunAt, before] = [performance.now(), log.ofStream(stream).length];
    const idempotencyKey = chance.oneIn(2) ? undefined : `key ${chance.below(3)}`;
    await faultOf('command', log, async () => {
      const context = { ...by, idempotencyKey, signal: maybeSignal(chance) };
      const handled = await this.#handler.handle(stream, { by: chance.pick([0, 1, 3]) }, context);
      const isReplayed = handled.outcome === 'accepted' ? handled.isRepeated : handled.rejection !== 'odd';
      if (handled.state !== Number(handled.revision ?? -1) + 1)
        log.note(`a command answered state ${handled.state} at ${handled.revision}`);
      if (!isReplayed && handled.state < before && !log.isReplacedSince(begunAt))
        log.note('a command was decided by an old state');
      if (handled.outcome === 'accepted' && handled.events.length > 0 && handled.position > this.reads.own)
        this.reads.own = handled.position;
    });
  }

  /** Folds a stream up to a revision. */
  async lookBack(): Promise<void> {
    const { chance, log } = this.#parts;
    const stream = streamId('tally', chance.pick(['a1', 'a2', 'c1']));
    const [begunAt, last] = [performance.now(), chance.below(log.ofStream(stream).length + 1)];
    await faultOf('look back', log, async () => {
      const deadline = new Deadline('looking back', { signal: maybeSignal(chance) });
      const { state } = await this.#handler.states.atRevision(stream, revision(last), deadline);
      if (state < last && !log.isReplacedSince(begunAt)) log.note(`a look back found ${state} instead of ${last}`);
    });
  }

  /** Subscribes for a while. */
  async subscribe(): Promise<void> {
    const { chance, log } = this.#parts;
    await faultOf('subscribe', log, () => followSubscription(this.eventStore, { chance, log }));
  }

  /** Works for a consumer until it or the store is closed. */
  async consume(): Promise<void> {
    const { chance, consumers, log, store } = this.#parts;
    if (consumers.length === 0) return;
    const consuming = chance.pick(consumers);
    await faultOf('consume', log, async () => {
      this.consumers.push({ consuming, consumer: store.consume(consuming.options(chance)) });
    });
  }

  async closeOne(): Promise<void> {
    if (this.#parts.chance.oneIn(2)) await this.reads.closeOne();
    else await this.consumers.pop()?.consumer.close();
  }

  /** Closes it while its calls run. Later calls must be refused. */
  async close(): Promise<void> {
    const { chance, ids, log, store } = this.#parts;
    this.isClosed = true;
    if (chance.oneIn(2)) await this.reads.close();
    await store.close();
    await this.reads.close();
    const late = await faultOf('append', log, async () => {
      await this.eventStore.append({ ...newAppend(chance, log, ids), signal: undefined });
      return 'acknowledged';
    });
    if (late !== 'store-closed') log.note(`an append to a closed store ended with ${late}`);
  }

  #acknowledge(recorded: readonly RecordedEvent[], ids: readonly string[]): void {
    const { log } = this.#parts;
    for (const [index, { id, position }] of recorded.entries()) {
      const stored = log.events.find((event) => event.position === position);
      if (id !== ids[index] || (stored?.id !== id && !log.lost.has(id)))
        log.note('an append was answered with another event');
      if (position > this.reads.own) this.reads.own = position;
    }
  }
}
