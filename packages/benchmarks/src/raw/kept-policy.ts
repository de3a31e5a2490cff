import { randomUUID } from 'node:crypto';
import { historyOf, type PlainEvent } from '../workload/plain-events.js';
import { decidePlain, emptyPolicy, foldInPlace, type PolicyInPlace } from '../workload/plain-policy.js';

interface KeptEvent {
  readonly id: string;
  readonly event: PlainEvent;
  readonly sequence: number;
  readonly at: number;
  readonly metadata: { readonly actor: string; readonly correlationId: string };
}

/** A policy by hand: its state is kept, its events are pushed onto an array. */
export class KeptPolicy {
  readonly #events: KeptEvent[] = [];
  readonly #policy: PolicyInPlace = emptyPolicy();

  constructor() {
    for (const event of historyOf(4)) this.#record(event);
  }

  command(round: number): void {
    this.#record(decidePlain(this.#policy, round));
  }

  #record(event: PlainEvent): void {
    const metadata = { actor: 'bench', correlationId: randomUUID() };
    const at = Date.now();
    this.#events.push({ id: randomUUID(), event, sequence: this.#policy.sequence + 1, at, metadata });
    foldInPlace(this.#policy, event, at);
  }
}
