import {
  instant,
  meetsExpectation,
  notBefore,
  revision,
  type Clock,
  type RecordedEvent,
} from '@login-policy/event-sourcing';
import type { Placed, PreparedAppend } from './append-batch.js';
import type { Ground, Plan, StreamEnd } from './inline-plan.js';
import type { ModelPlace, View } from './inline-view.js';
import { storedName } from './names.js';

/** Ground to reckon on, and where the read models are on it. */
export interface RememberedGround extends Ground {
  readonly places: readonly ModelPlace[];
  /** The one it is known in. */
  readonly era: string;
}

/** Where something goes if nobody writes before it. */
export interface KnownPlace {
  readonly place: Placed;
  /** The one it is known in. */
  readonly era: string;
}

const LARGEST = 20_000;

/**
 * What this process knows of the store since it last wrote: it holds as long as nobody else writes, which the server
 * checks when something is built on it.
 */
export class WriterMemory {
  #head = -1n;
  #era = '';
  #places: readonly ModelPlace[] = [];
  #rows: readonly Map<string, unknown>[] = [];
  readonly #ends = new Map<string, StreamEnd | undefined>();

  /** The ground for these appends, if all of their streams are known. */
  groundFor(batch: readonly PreparedAppend[]): RememberedGround | undefined {
    if (this.#head < 0n || !batch.every(({ stream }) => this.#ends.has(stream.name))) return undefined;
    // A receipt that is there all the same is noticed by the server.
    return {
      head: this.#head,
      era: this.#era,
      ends: this.#ends,
      receipts: new Set(),
      rows: this.#rows,
      places: this.#places,
    };
  }

  /** The place of an append's first event, if its stream is known and is where the append expects it. */
  placeFor({ append, stream }: PreparedAppend, clock: Clock): KnownPlace | undefined {
    const end = this.#head < 0n ? undefined : this.#ends.get(stream.name);
    if (end === undefined || !meetsExpectation(append.expected, revision(end.revision))) return undefined;
    const recordedAt = notBefore(instant(end.recordedAt), clock());
    const place = { position: this.#head + 1n, revision: end.revision + 1n, recordedAt };
    return { place, era: this.#era };
  }

  /** Adds what was found in a writer's turn, or begins anew with it when others wrote meanwhile. */
  remember(view: View): void {
    const isSame = view.head === this.#head && sameSteps(view.places, this.#places);
    const count = this.#rows.reduce((sum, rows) => sum + rows.size, this.#ends.size);
    if (!isSame || count > LARGEST) this.forget();
    if (this.#head < 0n) this.#rows = view.rows.map(() => new Map<string, unknown>());
    this.#head = view.head;
    this.#era = view.era;
    this.#places = view.places;
    for (const [stream, end] of view.ends) this.#ends.set(stream, end);
    this.#learn(view.rows);
  }

  /** Goes on to where the server put events, in their order. Streams are known no more when others wrote before them. */
  learn(recorded: readonly RecordedEvent[], era: string): void {
    const [first, last] = [recorded[0], recorded.at(-1)];
    if (first === undefined || last === undefined) return;
    if (first.position !== this.#head + 1n || this.#ends.size > LARGEST) this.forget();
    this.#head = last.position;
    this.#era = era;
    for (const { streamId, revision: reached, recordedAt } of recorded) {
      this.#ends.set(storedName(streamId).name, { revision: reached, recordedAt });
    }
  }

  /** Goes on to what is there after the appends of the plan. */
  advance({ accepted, ends, changes }: Plan): void {
    const count = accepted.reduce((sum, { recorded }) => sum + recorded.length, 0);
    if (count === 0) return;
    this.#head += BigInt(count);
    this.#places = this.#places.map((place) => ({ ...place, steps: place.steps + 1n, checkpoint: this.#head }));
    for (const [stream, end] of ends) this.#ends.set(stream, end);
    this.#learn(changes);
  }

  /** Knows nothing any more. */
  forget(): void {
    this.#head = -1n;
    this.#ends.clear();
    this.#rows = [];
    this.#places = [];
  }

  #learn(rows: readonly ReadonlyMap<string, unknown>[]): void {
    for (const [index, known] of rows.entries()) {
      for (const [key, row] of known) this.#rows[index]?.set(key, row);
    }
  }
}

function sameSteps(left: readonly ModelPlace[], right: readonly ModelPlace[]): boolean {
  return left.every(({ model, steps }, index) => right[index]?.model === model && right[index].steps === steps);
}
