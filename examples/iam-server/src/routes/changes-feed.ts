import { setImmediate as otherWork, setTimeout as pause } from 'node:timers/promises';
import { INSTANCE_CATEGORY, ORGANIZATION_CATEGORY, isOrganization, ownerOfStream } from '@login-policy/domain';
import { positionToString, type EventStore, type Position, type RecordedEvent } from '@login-policy/event-sourcing';

/** That a policy was changed, by whichever process. */
export interface Change {
  readonly instanceId: string;
  /** Left out when it was the instance's default policy. */
  readonly organizationId?: string;
  readonly sequence: string;
  readonly position: string;
}

/** Who is told of changes, some at once, in their order. It must not throw. */
export type OnChanges = (changes: readonly Change[]) => void;

const filter = { categories: [INSTANCE_CATEGORY, ORGANIZATION_CATEGORY] } as const;
const TRY_AGAIN_MS = 250;

/** Follows the store once for all who want to know what changes; when the store is away, it goes on where it was. */
export class ChangesFeed {
  readonly #store: EventStore;
  readonly #listeners = new Set<OnChanges>();
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #reached: Position;

  private constructor(store: EventStore, head: Position, onFailure: (cause: unknown) => void) {
    this.#store = store;
    this.#reached = head;
    this.#running = this.#run(onFailure);
  }

  /** Follows from now on. `onFailure` is told once each time the store is away. */
  static async open(store: EventStore, onFailure: (cause: unknown) => void): Promise<ChangesFeed> {
    return new ChangesFeed(store, await store.head(), onFailure);
  }

  /** Tells of each change from now on. Answers with how to stop that. */
  listen(onChanges: OnChanges): () => void {
    this.#listeners.add(onChanges);
    return () => this.#listeners.delete(onChanges);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(onFailure: (cause: unknown) => void): Promise<void> {
    const { signal } = this.#ending;
    let isAway = false;
    while (!signal.aborted) {
      try {
        for await (const message of this.#store.subscribe({ after: this.#reached, filter, signal })) {
          isAway = false;
          this.#reached = message.position;
          if (message.kind !== 'events') continue;
          const changes = message.events.map(changeOf);
          for (const listener of this.#listeners) listener(changes);
          // So that what was told leaves before there is more.
          await otherWork();
        }
      } catch (caught) {
        if (signal.aborted) return;
        if (!isAway) onFailure(caught);
        isAway = true;
        await pause(TRY_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}

function changeOf({ streamId, revision, position }: RecordedEvent): Change {
  const owner = ownerOfStream(streamId);
  return {
    instanceId: owner.instanceId,
    ...(isOrganization(owner) && { organizationId: owner.organizationId }),
    sequence: String(revision + 1n),
    position: positionToString(position),
  };
}
