import { systemClock, unfailing, type Clock } from '../values/instant.js';
import { Deadline } from '../values/deadline.js';
import { Fault } from '../values/fault.js';
import { monotonicIds } from '../values/ids.js';
import { isFault } from '../values/is-fault.js';
import type { Observe } from '../streams/observe.js';
import { onAbort } from '../values/on-abort.js';
import { closedBy } from '../store/closed-by.js';
import { Notifier } from '../store/notifier.js';
import { within } from '../store/time-out.js';
import type { EventStore } from '../streams/event-store.js';
import { parseConsumeOptions, type ConsumeOptions, type Consumer } from './consumer.js';
import type { ConsumerBackend, FoundConsumer } from './consumer-backend.js';
import { ConsumerRun, LAST_WRITE_MS } from './consumer-run.js';
import { paceOf, type ConsumerPace } from './standing-by.js';

/** What the consumers of a store need. */
export interface ConsumersParts {
  /** The store's name, for faults. */
  readonly store: string;
  readonly backend: ConsumerBackend;
  readonly events: Pick<EventStore, 'subscribe'>;
  readonly clock?: Clock | undefined;
  readonly observe?: Observe | undefined;
}

/** How many names of closed consumers are looked up: a program may use a new name each time. */
const MOST_LEFT = 100;

const sessionId = monotonicIds();

/** The consumers of one opening of a store. However many there are, one poll per heartbeat checks all their leases. */
export class Consumers {
  readonly #parts: ConsumersParts;
  readonly #pace: ConsumerPace;
  readonly #session: string = sessionId();
  readonly #wake = new Notifier();
  readonly #runs = new Set<ConsumerRun>();
  /**
   * The names of closed consumers, the last ones: a record may still name them, because the answer to a claim or a
   * release was lost, or again, after a backup was restored.
   */
  readonly #left = new Set<string>();
  #polling: Promise<void> | undefined;
  #lastRun = 0;
  #beats = 0;
  #lastPolledAt = 0;
  #isClosed = false;

  constructor(parts: ConsumersParts) {
    this.#parts = parts;
    this.#pace = paceOf(parts.backend.beatMs);
  }

  /** Implements `Store.consume`. */
  consume(given: ConsumeOptions): Consumer {
    const options = parseConsumeOptions(given);
    if (this.#isClosed) throw new Fault('store-closed', { store: this.#parts.store });
    const { backend, events, clock = systemClock, observe } = this.#parts;
    this.#lastRun += 1;
    const holder = { session: this.#session, run: this.#lastRun };
    const run = new ConsumerRun(options, {
      backend,
      events,
      clock: unfailing(clock),
      observe,
      holder,
      pace: this.#pace,
      wake: this.#wake,
    });
    this.#runs.add(run);
    const closing = closedBy(() => this.#closeRun(run));
    const stopListening = onAbort(options.signal, () => {
      closing.close().catch(() => undefined);
    });
    onAbort(run.ended, stopListening);
    this.#wake.notify();
    this.#polling ??= this.#pollWhileUsed();
    return { status: () => run.status(), ...closing };
  }

  /**
   * Closes all consumers, within three seconds. Called before the store closes, so that other processes can take their
   * leases at once.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#runs].map((run) => run.close()));
    this.#runs.clear();
    this.#wake.notify();
    if (this.#polling !== undefined) await within(this.#polling, LAST_WRITE_MS);
  }

  async #closeRun(run: ConsumerRun): Promise<void> {
    await run.close();
    this.#runs.delete(run);
    this.#left.delete(run.name);
    this.#left.add(run.name);
    for (const name of this.#left) if (this.#left.size > MOST_LEFT) this.#left.delete(name);
    this.#wake.notify();
  }

  /** Polls while there is a consumer. */
  async #pollWhileUsed(): Promise<void> {
    while (this.#runs.size > 0) {
      const woken = this.#wake.changed(undefined, this.#pace.beatMs);
      await this.#pollOnce();
      await woken;
    }
    this.#polling = undefined;
    if (this.#beats > 0) await this.#parts.backend.forget(this.#session).catch(() => undefined);
  }

  /** Sends this process's heartbeat and reads the records of its consumers. */
  async #pollOnce(): Promise<void> {
    const { backend } = this.#parts;
    const now = performance.now();
    const { beatMs, leaseMs } = this.#pace;
    const deadline = new Deadline('looking for the leases of consumers', { waitMs: leaseMs - beatMs });
    const runs = [...this.#runs];
    try {
      if (runs.some(({ fence }) => fence !== undefined)) {
        this.#beats += 1;
        await deadline.wait(backend.beat(this.#session, this.#beats));
      }
      const names = [...new Set([...runs.map(({ name }) => name), ...this.#left])];
      const fences = runs.map(({ fence }) => fence);
      const found = await deadline.wait(lookUp(backend, names, deadline));
      this.#lastPolledAt = now;
      for (const [index, run] of runs.entries()) {
        const record = found(run.name);
        if ('damaged' in record) run.notePollFailed(record.damaged, 'cut-off');
        else run.takePolled(record.found, { now, fence: fences[index] });
      }
      for (const name of names) this.#leave(name, found(name));
    } catch (caught) {
      const since = performance.now() - this.#lastPolledAt >= leaseMs ? 'cut-off' : 'lately';
      for (const run of runs) run.notePollFailed(caught, since);
      if (isFault(caught, 'store-closed')) this.#runs.clear();
    } finally {
      deadline.end();
    }
  }

  /**
   * Releases a lease of a closed consumer of this process, whose heartbeats would keep others waiting for it. A restored
   * backup may name one, too.
   */
  #leave(name: string, record: PolledRecord): void {
    const found = 'found' in record ? record.found : undefined;
    const isLeft = found?.holder?.session === this.#session && ![...this.#runs].some((run) => run.isHolderOf(found));
    if (!isLeft) return;
    const released = { holder: undefined, position: found.position };
    // If that fails, the next poll finds it again.
    this.#parts.backend.put(name, released, found.version).catch(() => undefined);
  }
}

/** The record of a consumer, or why it can't be read. */
type PolledRecord = { readonly found: FoundConsumer | undefined } | { readonly damaged: unknown };

/**
 * Looks records up; one by one if that fails for good, because a damaged record must stop only its own consumer.
 *
 * @throws the fault of the backend when no record can be looked up now.
 */
async function lookUp(
  backend: ConsumerBackend,
  names: readonly string[],
  deadline: Deadline,
): Promise<(name: string) => PolledRecord> {
  const lookUpOnly = async (asked: readonly string[]): Promise<(name: string) => PolledRecord> => {
    const found = await backend.lookUp(asked, deadline);
    return (name) => ({ found: found.get(name) });
  };
  try {
    return await lookUpOnly(names);
  } catch (caught) {
    const isTemporary = isFault(caught) && (caught.retryable || isFault(caught, 'store-closed'));
    if (isTemporary || deadline.isOver) throw caught;
    const each = await Promise.allSettled(names.map((name) => lookUpOnly([name])));
    return (name) => {
      const one = each[names.indexOf(name)];
      return one?.status === 'fulfilled' ? one.value(name) : { damaged: one?.reason };
    };
  }
}
