import { placeIn } from '@login-policy/event-sourcing/store';
import type { PreparedAppend } from './append.js';
import { keysOf, type Ground, type KeptModel, type StreamEnd, type View } from './ground.js';
import type { OpenedModel } from './opened-models.js';
import type { Plan } from './plan.js';

/** Streams and rows that are remembered, all together. */
const LARGEST = 20_000;
/** How long read models that are far behind are taken to be so. */
const FAR_BEHIND_MS = 1000;
/**
 * How late what was planned may come to the server, by its clock: the time of recording was read before. Counted from when the
 * server was heard last, so the way there and back is in it.
 */
const LATE_MS = 250;

/** A read model that is kept, with what is remembered of its rows. */
interface RememberedModel extends KeptModel {
  readonly rows: Map<string, unknown>;
}

/**
 * What this process knows of the store since it last wrote. It holds as long as the log ends with the very event that it ended with
 * then, and each stream, too: the server looks for them by their ids when something is built on it.
 */
export class WriterMemory {
  #known: Pick<Ground, 'head' | 'headId' | 'era'> | undefined;
  #heard = { now: 0, at: 0 };
  #models: readonly RememberedModel[] = [];
  #farBehind: { readonly names: ReadonlySet<string>; readonly since: number } = { names: new Set(), since: 0 };
  readonly #ends = new Map<string, StreamEnd | undefined>();

  /** The ground for these appends, if all that they need is known. */
  groundFor(batch: readonly PreparedAppend[], opened: readonly OpenedModel[]): Ground | undefined {
    const known = this.#known;
    if (known === undefined || !batch.every((append) => this.#ends.has(append.stream.name) || this.#isBegun(append)))
      return undefined;
    const [begun, rest] = [
      batch.filter((append) => this.#isBegun(append)),
      batch.filter((append) => !this.#isBegun(append)),
    ];
    if (!opened.every((model) => this.#isKnown(rest, model))) return undefined;
    const absent = this.#models.flatMap((model) => absentOf(model, begun));
    const notAfter = this.#heard.now + Math.ceil(performance.now() - this.#heard.at) + LATE_MS;
    // A receipt that is there all the same is noticed by the server.
    return { ...known, notAfter, ends: this.#ends, receipts: new Set(), models: this.#models, dropped: [], absent };
  }

  /** Adds what was found in a writer's turn, or begins anew with it when others wrote meanwhile. */
  remember(view: View, ground: Ground, opened: readonly OpenedModel[]): void {
    const isSame = this.#known?.headId === view.headId && this.#known?.era === view.era;
    const size = this.#models.reduce((sum, { rows }) => sum + rows.size, this.#ends.size);
    if (!isSame || size > LARGEST) this.forget();
    this.#known = { head: view.head, headId: view.headId, era: view.era };
    const before = new Map(this.#models.map((known) => [known.model, known.rows]));
    this.#models = ground.models.map(({ opened: model, model: number, rows }) => {
      const remembered = before.get(number) ?? new Map<string, unknown>();
      for (const [key, row] of rows) remembered.set(key, row);
      return { opened: model, model: number, rows: remembered };
    });
    for (const [stream, end] of view.ends) this.#ends.set(stream, end);
    const kept = new Set(ground.models.map(({ opened: { name } }) => name));
    const names = opened.map(({ name }) => name).filter((name) => !kept.has(name));
    this.#farBehind = { names: new Set(names), since: performance.now() };
    this.hear(view.now);
  }

  /** Goes on to what is there after the appends of the plan. */
  advance({ accepted, ends, changes }: Plan): void {
    const last = accepted.flatMap(({ recorded }) => recorded).at(-1);
    if (last === undefined || this.#known === undefined) return;
    this.#known = { ...this.#known, head: placeIn(last.position), headId: last.id };
    for (const [stream, end] of ends) this.#ends.set(stream, end);
    for (const [index, changed] of changes.entries()) {
      for (const [key, row] of changed) this.#models[index]?.rows.set(key, row);
    }
  }

  /** The server has just said what time it is there. */
  hear(now: number): void {
    this.#heard = { now, at: performance.now() };
  }

  /** Knows nothing any more. */
  forget(): void {
    this.#known = undefined;
    this.#ends.clear();
    this.#models = [];
  }

  /** Looks for read models that were far behind: somebody may have brought them nearer. */
  lookAgain(): void {
    if (this.#farBehind.names.size > 0) this.forget();
  }

  /** Whether the append is to begin a stream of which nothing is known: there is none, if its writer is right. */
  #isBegun({ append, stream }: PreparedAppend): boolean {
    return append.expected === 'no-stream' && !this.#ends.has(stream.name);
  }

  #isKnown(batch: readonly PreparedAppend[], opened: OpenedModel): boolean {
    const kept = this.#models.find((model) => model.opened === opened);
    if (kept !== undefined) return [...keysOf(batch, opened)].every((key) => kept.rows.has(key));
    const { names, since } = this.#farBehind;
    return names.has(opened.name) && performance.now() - since < FAR_BEHIND_MS;
  }
}

/** The rows that streams which are begun may change, as far as nothing is known of them. */
function absentOf({ opened, model, rows }: RememberedModel, begun: readonly PreparedAppend[]): Ground['absent'] {
  return Array.from(keysOf(begun, opened), (key) => ({ model, key })).filter(({ key }) => !rows.has(key));
}
