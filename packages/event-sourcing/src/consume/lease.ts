import { isFault } from '../values/is-fault.js';
import { pause } from '../store/back-off.js';
import type { Position } from '../values/position.js';
import type { Fence } from './consumer.js';
import type { ConsumerBackend, FoundConsumer, Holder } from './consumer-backend.js';

/** What a lease is made of: its holder, and the store that keeps it. */
export interface LeaseParts {
  readonly backend: ConsumerBackend;
  readonly name: string;
  readonly holder: Holder;
}

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [20, 1000] as const;

/**
 * The lease on a consumer's name, from the claim to the release or the loss. Only its holder can move the checkpoint.
 */
export class Lease {
  readonly #parts: LeaseParts;
  readonly #control = new AbortController();
  #version: bigint;
  #position: Position;
  #isLost = false;

  constructor(parts: LeaseParts, version: bigint, position: Position) {
    this.#parts = parts;
    this.#version = version;
    this.#position = position;
  }

  /**
   * Claims the lease on a consumer that is free; `undefined` when another process was first.
   *
   * @throws PositionUnknown
   */
  static async claim(parts: LeaseParts, found: FoundConsumer | undefined, from: Position): Promise<Lease | undefined> {
    const { version = 0n, position = from } = found ?? {};
    const outcome = await parts.backend.put(parts.name, { holder: parts.holder, position }, version);
    return outcome === 'written' ? new Lease(parts, version + 1n, position) : undefined;
  }

  /** The checkpoint. */
  get position(): Position {
    return this.#position;
  }

  /** The fencing token of this lease. */
  get fence(): Fence {
    return { ...this.#parts.holder, version: this.#version };
  }

  /** Aborts when no more events are to be handled. */
  get signal(): AbortSignal {
    return this.#control.signal;
  }

  get isOver(): boolean {
    return this.signal.aborted;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Ends the lease softly: events in the handler may still be completed. */
  stop(): void {
    this.#control.abort();
  }

  /** Another process holds the lease, or may hold it by now. */
  lose(): void {
    this.#isLost = true;
    this.stop();
  }

  /**
   * Gives the lease up if the record names another holder, or is older than it was (`before`) when the store was asked:
   * then a backup was restored, and its checkpoint holds.
   */
  compare(found: FoundConsumer | undefined, before: Fence | undefined): void {
    const isTaken = found !== undefined && found.version >= this.#version && !isHeldBy(found, this.#parts.holder);
    const isOlder = before !== undefined && (found?.version ?? 0n) < before.version;
    if (isTaken || isOlder) this.lose();
  }

  /**
   * Moves the checkpoint, or loses the lease. While the store is away it tries again.
   *
   * @throws PositionUnknown, or another fault that a retry does not cure.
   */
  async move(position: Position): Promise<void> {
    for (let attempt = 1; !this.#isLost; attempt++) {
      try {
        if (await this.#isMoved(position, attempt)) return;
      } catch (caught) {
        if (!isFault(caught) || !caught.retryable || this.isOver) throw caught;
        await pause(attempt, { firstMs: FIRST_PAUSE_MS, longestMs: LONGEST_PAUSE_MS, signal: this.signal });
      }
    }
  }

  /**
   * Learns how far the checkpoint is, or that the lease is lost, after a handler failed that moves it in its own
   * transaction: the answer to its commit may have been lost. If the store is away, the next failure asks again.
   */
  async catchUp(): Promise<void> {
    if (!this.isOver) await this.#isSettled(this.#position).catch(() => undefined);
  }

  /** Releases the lease. If that fails, another process takes it once it has expired. */
  async release(scannedUpTo: Position): Promise<void> {
    this.stop();
    if (this.#isLost) return;
    this.#isLost = true;
    const { backend, name } = this.#parts;
    const position = scannedUpTo > this.#position ? scannedUpTo : this.#position;
    await backend.put(name, { holder: undefined, position }, this.#version).catch(() => undefined);
  }

  /** Finds out whether the first attempt was written, when its answer was lost. */
  async #isMoved(position: Position, attempt: number): Promise<boolean> {
    const { backend, name, holder } = this.#parts;
    if (attempt > 1 && (await this.#isSettled(position))) return true;
    if (this.#isLost) return false;
    if ((await backend.put(name, { holder, position }, this.#version)) === 'overtaken')
      return this.#isSettled(position);
    this.#version += 1n;
    this.#position = position;
    return true;
  }

  async #isSettled(position: Position): Promise<boolean> {
    const { backend, name, holder } = this.#parts;
    const found = (await backend.lookUp([name])).get(name);
    // An older record is of a restored backup.
    if (found === undefined || !isHeldBy(found, holder) || found.version < this.#version) {
      this.lose();
      return false;
    }
    this.#version = found.version;
    this.#position = found.position;
    return found.position === position;
  }
}

/** Whether a record names this holder. */
export function isHeldBy({ holder }: FoundConsumer, { session, run }: Holder): boolean {
  return holder?.session === session && holder.run === run;
}
