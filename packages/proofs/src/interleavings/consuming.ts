import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ConsumeOptions, Handling, RecordedEvent } from '@login-policy/event-sourcing';
import type { Chance } from '../attacks/chance.js';
import type { SharedLog } from './shared-log.js';

/** One consumer of a round, whatever processes work for it: it must handle every event, in order and as whole appends. */
export class Consuming {
  readonly name: string;
  readonly #log: SharedLog;
  readonly #categories: readonly string[] | undefined;
  readonly #handled = new Set<string>();
  /** Whether handlers no longer fail. */
  isCalm = false;

  constructor(name: string, log: SharedLog, categories?: readonly string[]) {
    this.name = name;
    this.#log = log;
    this.#categories = categories;
  }

  options(chance: Chance): ConsumeOptions {
    return {
      name: this.name,
      handle: (events, handling) => this.#handle(events, handling, chance),
      pageSize: chance.pick([1, 2, 500]),
      handleTimeoutMs: chance.pick([20, 5000]),
      ...(this.#categories !== undefined && { filter: { categories: this.#categories } }),
    };
  }

  /** The events that no handler has handled. */
  get missing(): number {
    return this.#wanted().filter(({ id }) => !this.#handled.has(id)).length;
  }

  async #handle(events: readonly RecordedEvent[], { position, signal }: Handling, chance: Chance): Promise<void> {
    this.#check(events);
    if (position !== events.at(-1)?.position) this.#log.note(`${this.name} is told another position`);
    for (let turns = chance.oneIn(3) ? chance.below(30) : 0; turns > 0; turns--) await nextTurn();
    if (!this.isCalm && chance.oneIn(20)) await new Promise(() => undefined);
    if (!this.isCalm && chance.oneIn(8)) throw new Error('the handler fails');
    if (signal.aborted && chance.oneIn(2)) throw new Error('the handler was ended');
    for (const { id } of events) this.#handled.add(id);
  }

  #check(events: readonly RecordedEvent[]): void {
    const wanted = this.#wanted();
    const first = wanted.findIndex(({ id }) => id === events[0]?.id);
    if (first === -1) {
      if (!events.every(({ id }) => this.#log.lost.has(id))) this.#log.note(`${this.name} gets unknown events`);
      return;
    }
    if (wanted.slice(0, first).some(({ id }) => !this.#handled.has(id))) this.#log.note(`${this.name} skips an event`);
    if (events.some(({ id }, index) => id !== wanted[first + index]?.id && !this.#log.lost.has(id)))
      this.#log.note(`${this.name} gets events in another order`);
    const { append } = events.at(-1) ?? {};
    if (append !== undefined && append.place !== append.count) this.#log.note(`${this.name} gets half of an append`);
  }

  #wanted(): readonly RecordedEvent[] {
    const isWanted = ({ streamId }: RecordedEvent): boolean =>
      this.#categories?.some((category) => streamId.startsWith(`${category}-`)) ?? true;
    return this.#log.events.filter(isWanted);
  }
}
