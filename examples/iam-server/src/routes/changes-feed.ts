import { setImmediate as otherWork, setTimeout as pause } from 'node:timers/promises';
import { INSTANCE_CATEGORY, ORGANIZATION_CATEGORY, isOrganization, ownerOfStream } from '@login-policy/domain/model';
import {
  isFault,
  positionToString,
  type EventStore,
  type Position,
  type RecordedEvent,
} from '@login-policy/event-sourcing';

/** A change of a policy, by any process. */
export interface Change {
  readonly instanceId: string;
  /** Absent for the instance's default policy. */
  readonly organizationId?: string;
  readonly sequence: string;
  readonly position: string;
}

/**
 * A listener for changes. It gets one or several at a time, in order, and a `reset` when earlier ones belong to a lost
 * history, as after a restored backup. It must not throw.
 */
export type OnChanges = (changes: readonly Change[] | 'reset') => void;

type Followed = Pick<EventStore, 'head' | 'readAll' | 'subscribe'>;

const filter = { categories: [INSTANCE_CATEGORY, ORGANIZATION_CATEGORY] } as const;
const TRY_AGAIN_MS = 250;
/** A page that missed more reloads everything, which is faster. */
const MOST_MISSED = 1000;

/** Follows the store once for all listeners. After an outage of the store, it continues from the same position. */
export class ChangesFeed {
  readonly #store: Followed;
  readonly #listeners = new Set<OnChanges>();
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  #reached: Position;

  private constructor(store: Followed, head: Position) {
    this.#store = store;
    this.#reached = head;
    this.#running = this.#run();
  }

  /** Starts to follow. */
  static async open(store: Followed): Promise<ChangesFeed> {
    return new ChangesFeed(store, await store.head());
  }

  /** The position up to which everything was reported. */
  get reached(): string {
    return positionToString(this.#reached);
  }

  /** Reports each change from now on. Returns a function that ends that. */
  listen(onChanges: OnChanges): () => void {
    this.#listeners.add(onChanges);
    return () => this.#listeners.delete(onChanges);
  }

  /**
   * The changes after a position, up to what has been reported by now; `undefined` when they are too many, or the
   * position belongs to another history.
   */
  async missedSince(after: Position): Promise<readonly Change[] | undefined> {
    const upTo = this.#reached;
    if (after > upTo) return undefined;
    const missed: RecordedEvent[] = [];
    for await (const page of this.#store.readAll({ after, filter })) {
      missed.push(...page.filter(({ position }) => position <= upTo));
      if (missed.length > MOST_MISSED) return undefined;
      if ((page.at(-1)?.position ?? upTo) >= upTo) break;
    }
    return missed.flatMap(changesOf);
  }

  async close(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        for await (const message of this.#store.subscribe({ after: this.#reached, filter, signal })) {
          this.#reached = message.position;
          if (message.kind !== 'events') continue;
          this.#tell(message.events.flatMap(changesOf));
          // Lets earlier messages leave before more are made.
          await otherWork();
        }
      } catch (caught) {
        // The store's watcher reports an outage.
        if (isFault(caught, 'position-unknown')) await this.#begin().catch(() => undefined);
        await pause(TRY_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** The followed history is lost: continues at the end of the current one. */
  async #begin(): Promise<void> {
    this.#reached = await this.#store.head();
    this.#tell('reset');
  }

  #tell(news: Parameters<OnChanges>[0]): void {
    for (const listener of [...this.#listeners]) listener(news);
  }
}

/** Events of streams that are not policies are not reported. */
function changesOf({
  streamId,
  revision,
  position,
}: Pick<RecordedEvent, 'streamId' | 'revision' | 'position'>): readonly Change[] {
  const owner = ownerOfStream(streamId);
  if (owner === undefined) return [];
  const { instanceId } = owner;
  const organization = isOrganization(owner) ? { organizationId: owner.organizationId } : {};
  return [{ instanceId, ...organization, sequence: String(revision + 1n), position: positionToString(position) }];
}
