import { Lru } from '@login-policy/event-sourcing/store';
import type { PreparedAppend } from './append.js';
import type { Draft } from './draft.js';
import { keyOf, type ByName, type Found, type Known } from './known.js';
import type { OpenedModel } from './opened-models.js';

/** So many streams are remembered, and so many rows of each read model. */
const MOST = 20_000;
/**
 * How late what was planned may come to the server, by its clock: the time of recording was read before. Counted from when the
 * server was heard last, so the way there and back is in it.
 */
const LATE_MS = 250;

/**
 * What this process knows of the store since it last wrote. It holds as long as the log ends with the very event that it ended with
 * then: the server looks for it by its id when something is built on it.
 */
export class WriterMemory {
  #known: Known | undefined;
  #heard = { now: 0, at: 0 };

  /** What is known, if these appends need no more: of a stream that is to be begun, nothing. */
  enoughFor(batch: readonly PreparedAppend[], opened: readonly OpenedModel[]): Known | undefined {
    const known = this.#known;
    if (known?.models.length !== opened.length) return undefined;
    return batch.every((prepared) => isEnough(known, prepared)) ? known : undefined;
  }

  /** Till when something made ready now may come to the server, by its clock, in milliseconds. */
  notAfter(): number {
    return this.#heard.now + Math.ceil(performance.now() - this.#heard.at) + LATE_MS;
  }

  /** Adds what was found in a writer's turn, or begins anew with it when others wrote meanwhile. */
  remember({ receipts: _, ...found }: Found): void {
    const before = this.#known?.headId === found.headId && this.#known.era === found.era ? this.#known : undefined;
    const rowsBefore = new Map(before?.models.map(({ model, rows }) => [model, rows]));
    this.#known = {
      ...found,
      ends: together(before?.ends, found.ends),
      models: found.models.map((one) => ({ ...one, rows: together(rowsBefore.get(one.model), one.rows) })),
    };
  }

  /** Goes on to what is there after a draft that was written at a time by the server's clock. */
  advance(draft: Draft, now: number): void {
    this.#heard = { now, at: performance.now() };
    if (this.#known !== undefined) this.#known = draft.advance(this.#known);
  }

  /** Knows nothing any more. */
  forget(): void {
    this.#known = undefined;
  }
}

/**
 * Where nothing is recorded, the server does not look for the end of the log. A stream that is begun after all, or a receipt that is there,
 * it notices: a stream that is not there has no row of its own, but may share one.
 */
function isEnough({ ends, models }: Known, prepared: PreparedAppend): boolean {
  const { stream, append } = prepared;
  if (append.events.length === 0) return false;
  const isBegun = ends.has(stream.name);
  if (!isBegun && append.expected !== 'no-stream') return false;
  return models.every(({ opened, rows }) => {
    const key = keyOf(prepared, opened);
    return key === undefined || rows.has(key) || (!isBegun && opened.projection.key === undefined);
  });
}

function together<Value>(
  before: ByName<Value> | undefined,
  found: ReadonlyMap<string, Value | undefined>,
): ByName<Value> {
  const all = before ?? new Lru<string, Value | undefined>(MOST);
  for (const [name, value] of found) all.set(name, value);
  return all;
}
