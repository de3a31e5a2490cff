import { placeIn } from '@login-policy/event-sourcing/store';
import type { PreparedAppend } from './append.js';
import { keysOf, type Ground, type KeptModel, type StreamEnd, type View } from './ground.js';
import type { OpenedModel } from './opened-models.js';
import type { Plan } from './plan.js';

/** Streams and rows that are remembered, all together. */
const LARGEST = 20_000;
/**
 * How late what was planned may come to the server, by its clock: the time of recording was read before. Counted from when the
 * server was heard last, so the way there and back is in it.
 */
const LATE_MS = 250;

/** A read model that is kept, with what is remembered of its rows. */
interface RememberedModel extends KeptModel {
  readonly rows: Map<string, unknown>;
}

interface Known extends Pick<Ground, 'head' | 'headId' | 'era'> {
  readonly ends: Map<string, StreamEnd | undefined>;
  readonly models: readonly RememberedModel[];
}

/**
 * What this process knows of the store since it last wrote. It holds as long as the log ends with the very event that it ended with
 * then: the server looks for it by its id when something is built on it.
 */
export class WriterMemory {
  #known: Known | undefined;
  #heard = { now: 0, at: 0 };

  /** The ground for these appends, if all that they need is known: of a stream that is to be begun, that nothing is. */
  groundFor(batch: readonly PreparedAppend[], opened: readonly OpenedModel[]): Ground | undefined {
    const known = this.#known;
    // Where nothing is recorded, the server does not look for the end of the log.
    if (known?.models.length !== opened.length || batch.some(({ append }) => append.events.length === 0))
      return undefined;
    const begun = batch.filter(({ stream }) => !known.ends.has(stream.name));
    const others = batch.filter(({ stream }) => known.ends.has(stream.name));
    if (!begun.every(({ append }) => append.expected === 'no-stream')) return undefined;
    for (const model of known.models) if (unknownKeys(model, others).length > 0) return undefined;
    const absent = known.models.flatMap((model) =>
      unknownKeys(model, begun).map((key) => ({ model: model.model, key })),
    );
    const notAfter = this.#heard.now + Math.ceil(performance.now() - this.#heard.at) + LATE_MS;
    // A receipt that is there all the same is noticed by the server.
    return { ...known, notAfter, receipts: new Set(), dropped: [], absent };
  }

  /** Adds what was found in a writer's turn, or begins anew with it when others wrote meanwhile. */
  remember({ head, headId, era, ends }: View, kept: readonly KeptModel[]): void {
    const isSame = this.#known?.headId === headId && this.#known?.era === era;
    const before = isSame && sizeOf(this.#known) <= LARGEST ? this.#known : undefined;
    const models = kept.map(({ opened, model, rows }) => {
      const remembered = before?.models.find((one) => one.model === model)?.rows;
      return { opened, model, rows: added(remembered ?? new Map<string, unknown>(), rows) };
    });
    this.#known = {
      head,
      headId,
      era,
      models,
      ends: added(before?.ends ?? new Map<string, StreamEnd | undefined>(), ends),
    };
  }

  /** Goes on to what is there after the appends of the plan, which were written at a time by the server's clock. */
  advance({ accepted, ends, changes }: Plan, now: number): void {
    this.#heard = { now, at: performance.now() };
    const last = accepted.flatMap(({ recorded }) => recorded).at(-1);
    if (last === undefined || this.#known === undefined) return;
    this.#known = { ...this.#known, head: placeIn(last.position), headId: last.id };
    added(this.#known.ends, ends);
    for (const [index, { rows }] of this.#known.models.entries()) added(rows, changes[index] ?? new Map());
  }

  /** Knows nothing any more. */
  forget(): void {
    this.#known = undefined;
  }
}

/** The rows that appends may change, as far as nothing is known of them. */
function unknownKeys({ opened, rows }: RememberedModel, batch: readonly PreparedAppend[]): readonly string[] {
  return [...keysOf(batch, opened)].filter((key) => !rows.has(key));
}

function sizeOf(known: Known | undefined): number {
  return known?.models.reduce((sum, { rows }) => sum + rows.size, known.ends.size) ?? 0;
}

function added<Value>(to: Map<string, Value>, more: ReadonlyMap<string, Value>): Map<string, Value> {
  for (const [key, value] of more) to.set(key, value);
  return to;
}
