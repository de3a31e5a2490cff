import { type EventStore, type Position, type RecordedEvent, START } from '@login-policy/event-sourcing';
import { followedInAppend } from '@login-policy/event-sourcing/store';
import { paced } from '@login-policy/testkit';
import { expect } from 'chai';
import { setTimeout as sleep } from 'node:timers/promises';
import { subscribedAgain } from '../events.js';
import { CATEGORY } from './workload.js';

const TIMEOUT_MS = 60_000;

/** Follows the writers' category and holds each message against what came before. */
export class FaultFollower {
  readonly events: RecordedEvent[] = [];
  caughtUp: Position = START;
  readonly #left = new AbortController();
  readonly #following: Promise<void>;
  #failure: Error | undefined;

  constructor(store: EventStore) {
    this.#following = this.#follow(store).catch((error: unknown) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
    });
  }

  /** Waits until so many events have been handed out. */
  async untilCount(count: number): Promise<void> {
    await this.#until(`${count} events, ${this.events.length} came`, () => this.events.length >= count);
  }

  /** Waits until it was said that all up to there has come. */
  async untilCaughtUp(position: Position): Promise<void> {
    await this.#until(`caught-up at ${position}`, () => this.caughtUp >= position);
  }

  async leave(): Promise<void> {
    this.#left.abort();
    await this.#following;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #follow(store: EventStore): Promise<void> {
    const filter = { categories: [CATEGORY] } as const;
    let reached: Position = START;
    for await (const message of subscribedAgain(store, { filter, pageSize: 20, signal: this.#left.signal })) {
      if (message.kind === 'events') {
        for (const event of message.events) {
          expect(event.position > reached, 'events come in order, and none twice').to.equal(true);
          reached = event.position;
          this.events.push(event);
        }
        expect(message.events.map(followedInAppend).at(-1), 'a message ends with an append').to.equal(0);
      } else this.caughtUp = message.position;
    }
  }

  async #until(what: string, isThere: () => boolean): Promise<void> {
    const began = performance.now();
    while (!isThere()) {
      if (this.#failure !== undefined) throw this.#failure;
      if (performance.now() - began > paced(TIMEOUT_MS))
        throw new Error(`the follower waited ${TIMEOUT_MS} ms for ${what}`);
      await sleep(5);
    }
  }
}
