import { isFault } from '../is-fault.js';
import { pause } from '../store/back-off.js';
import type { Position } from '../streams/position.js';
import type { Fence } from './consumer.js';
import type { ConsumerBackend, FoundConsumer, Holder } from './consumer-backend.js';

/** Whose turn it is, and where it is kept. */
export interface TurnParts {
  readonly backend: ConsumerBackend;
  readonly name: string;
  readonly holder: Holder;
}

const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [20, 1000] as const;

/** The right to work under a name, from the claim to the release or the loss. Only who has it can move the checkpoint. */
export class Turn {
  readonly #parts: TurnParts;
  readonly #control = new AbortController();
  #version: bigint;
  #position: Position;
  #isLost = false;

  constructor(parts: TurnParts, version: bigint, position: Position) {
    this.#parts = parts;
    this.#version = version;
    this.#position = position;
  }

  /** Takes the turn of a consumer that was found free; `undefined` when another was first. @throws PositionUnknown */
  static async claim(parts: TurnParts, found: FoundConsumer | undefined, from: Position): Promise<Turn | undefined> {
    const { version = 0n, position = from } = found ?? {};
    const outcome = await parts.backend.put(parts.name, { holder: parts.holder, position }, version);
    return outcome === 'written' ? new Turn(parts, version + 1n, position) : undefined;
  }

  /** The checkpoint. */
  get position(): Position {
    return this.#position;
  }

  /** What it is told by from every other turn. */
  get fence(): Fence {
    return { ...this.#parts.holder, version: this.#version };
  }

  /** Fires when no more is to be handled. */
  get signal(): AbortSignal {
    return this.#control.signal;
  }

  get isOver(): boolean {
    return this.signal.aborted;
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** What is being handled may still be carried through. */
  stop(): void {
    this.#control.abort();
  }

  /** Another has the turn, or may have it by now. */
  lose(): void {
    this.#isLost = true;
    this.stop();
  }

  /** Loses the turn if another has it by what was found. */
  see(found: FoundConsumer | undefined): void {
    if (found !== undefined && found.version >= this.#version && !isHeldBy(found, this.#parts.holder)) this.lose();
  }

  /**
   * Moves the checkpoint, or loses the turn. While the store is away it tries again.
   *
   * @throws PositionUnknown, or another fault that trying again does not mend.
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

  /** Lets another have the turn. Should it fail, they take it after a while. */
  async release(considered: Position): Promise<void> {
    this.stop();
    if (this.#isLost) return;
    this.#isLost = true;
    const { backend, name } = this.#parts;
    const position = considered > this.#position ? considered : this.#position;
    await backend.put(name, { holder: undefined, position }, this.#version).catch(() => undefined);
  }

  /** After a first attempt whose answer was lost, it is found out what became of it. */
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
    const found = (await backend.look([name])).get(name);
    if (found === undefined || !isHeldBy(found, holder)) {
      this.lose();
      return false;
    }
    this.#version = found.version;
    if (found.position !== position) return false;
    this.#position = position;
    return true;
  }
}

/** Whether a record says that this one works. */
export function isHeldBy({ holder }: FoundConsumer, { session, run }: Holder): boolean {
  return holder?.session === session && holder.run === run;
}
