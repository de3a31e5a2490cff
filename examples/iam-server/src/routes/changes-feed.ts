import { setImmediate as otherWork, setTimeout as pause } from 'node:timers/promises';
import { INSTANCE_CATEGORY, ORGANIZATION_CATEGORY, isOrganization, ownerOfStream } from '@login-policy/domain/model';
import {
  isFault,
  positionToString,
  type EventStore,
  type Position,
  type RecordedEvent,
} from '@login-policy/event-sourcing';

/** That a policy was changed, by whichever process. */
export interface Change {
  readonly instanceId: string;
  /** Left out when it was the instance's default policy. */
  readonly organizationId?: string;
  readonly sequence: string;
  readonly position: string;
}

/**
 * Who is told of changes, some at once, in their order; of a `reset` when what was told before is of a history that was lost, as
 * after a backup was restored. It must not throw.
 */
export type OnChanges = (changes: readonly Change[] | 'reset') => void;

type Followed = Pick<EventStore, 'head' | 'readAll' | 'subscribe'>;

const filter = { categories: [INSTANCE_CATEGORY, ORGANIZATION_CATEGORY] } as const;
const TRY_AGAIN_MS = 250;
/** A page that missed more reads everything anew sooner than one by one. */
const MOST_MISSED = 1000;

/** Follows the store once for all who want to know what changes; when the store is away, it goes on where it was. */
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

  /** Follows from now on. */
  static async open(store: Followed): Promise<ChangesFeed> {
    return new ChangesFeed(store, await store.head());
  }

  /** Up to where everything was told. */
  get reached(): string {
    return positionToString(this.#reached);
  }

  /** Tells of each change from now on. Answers with how to stop that. */
  listen(onChanges: OnChanges): () => void {
    this.#listeners.add(onChanges);
    return () => this.#listeners.delete(onChanges);
  }

  /**
   * The changes after a position, up to where everything was told when this was called; `undefined` where they are too many, or
   * the position is of another history.
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
          // So that what was told leaves before there is more.
          await otherWork();
        }
      } catch (caught) {
        // That the store is away is said by who looks after it.
        if (isFault(caught, 'position-unknown')) await this.#begin().catch(() => undefined);
        await pause(TRY_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** The history that was followed is lost: what stands in the store now is followed from its end. */
  async #begin(): Promise<void> {
    this.#reached = await this.#store.head();
    this.#tell('reset');
  }

  #tell(news: Parameters<OnChanges>[0]): void {
    for (const listener of [...this.#listeners]) listener(news);
  }
}

/** Of the event of a stream that is nobody's policy there is nothing to tell. */
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
