import type { Clock, RecordedEvent } from '@login-policy/event-sourcing';
import {
  decodePage,
  missingKeys,
  notBefore,
  reducePage,
  refusalOf,
  revisionAfter,
  type Outcome,
} from '@login-policy/event-sourcing/store';
import { placedEvents, receiptName, type PreparedAppend } from './append.js';
import type { Ground, KeptModel, StreamEnd } from './ground.js';

/** What a group of appends comes to. */
export interface Plan {
  readonly outcomes: readonly Outcome[];
  readonly accepted: readonly Accepted[];
  readonly ends: ReadonlyMap<string, StreamEnd | undefined>;
  /** The rows that change, model by model, in the order of the ground. */
  readonly changes: readonly ReadonlyMap<string, unknown>[];
}

/** An append that is to be written, with its events in their places. */
export interface Accepted {
  readonly prepared: PreparedAppend;
  readonly recorded: readonly RecordedEvent[];
  /** The end of the stream after it. */
  readonly end: StreamEnd | undefined;
}

/** Finds out what a group of appends comes to: each is checked, placed and reduced after those before it. Writes nothing. */
export function planAppends(batch: readonly PreparedAppend[], ground: Ground, clock: Clock): Plan {
  const draft = new Draft(ground, clock);
  const outcomes = batch.map((prepared) => draft.take(prepared));
  const { accepted, ends, changes } = draft;
  return { outcomes, accepted, ends, changes };
}

class Draft implements Omit<Plan, 'outcomes'> {
  readonly accepted: Accepted[] = [];
  readonly ends = new Map<string, StreamEnd | undefined>();
  readonly changes: readonly Map<string, unknown>[];
  readonly #ground: Ground;
  readonly #clock: Clock;
  readonly #receipts: Set<string>;
  #head: bigint;

  constructor(ground: Ground, clock: Clock) {
    this.#ground = ground;
    this.#clock = clock;
    this.#receipts = new Set(ground.receipts);
    this.#head = ground.head;
    this.changes = ground.models.map(({ caughtUp }) => new Map(caughtUp));
  }

  take(prepared: PreparedAppend): Outcome {
    const { append, stream, key } = prepared;
    const end = this.ends.get(stream.name) ?? this.#ground.ends.get(stream.name);
    const receipt = key === undefined ? '' : receiptName(stream.name, key);
    const refused = refusalOf(append, { last: end, hasReceipt: this.#receipts.has(receipt) });
    if (refused !== undefined) return { refused };
    const recorded = placedEvents(prepared, {
      position: this.#head + 1n,
      revision: revisionAfter(end?.revision),
      recordedAt: notBefore(end?.recordedAt, this.#clock()),
    });
    const changes = this.#ground.models.map((model, index) => reduced(model, this.changes[index], recorded));
    for (const { stopped } of changes) if (stopped !== undefined) return { refused: stopped };
    for (const [index, { rows }] of changes.entries())
      for (const [changed, row] of rows) this.changes[index]?.set(changed, row);
    this.#accept(prepared, recorded, end);
    return { recorded };
  }

  #accept(prepared: PreparedAppend, recorded: readonly RecordedEvent[], before: StreamEnd | undefined): void {
    const { stream, key } = prepared;
    const last = recorded.at(-1);
    // No more of the event than that: the end may be remembered for long.
    const end = last === undefined ? before : { id: last.id, revision: last.revision, recordedAt: last.recordedAt };
    this.ends.set(stream.name, end);
    if (key !== undefined) this.#receipts.add(receiptName(stream.name, key));
    this.accepted.push({ prepared, recorded, end });
    this.#head += BigInt(recorded.length);
  }
}

/** What events make of the rows of a read model, where some have changed already. */
function reduced(
  { opened, rows: known }: KeptModel,
  changed: ReadonlyMap<string, unknown> | undefined,
  recorded: readonly RecordedEvent[],
): ReturnType<typeof reducePage> {
  const page = decodePage(opened.projection, recorded.filter(opened.isWanted));
  const before = new Map<string, unknown>();
  for (const key of missingKeys(page)) {
    const row = changed?.has(key) === true ? changed.get(key) : known.get(key);
    if (row !== undefined) before.set(key, row);
  }
  return reducePage(opened.projection, page, before);
}
