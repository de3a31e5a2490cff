import { randomBytes } from 'node:crypto';
import {
  monotonicIds,
  type OptionRules,
  parseOptions,
  type RecordedEvent,
  type Revision,
  rule,
  type Store,
  type StreamId,
  streamId as parseStream,
} from '@login-policy/event-sourcing';
import { demand } from './input.js';
import { commitmentOf, COMMITMENTS, ERASABLE, openingsOf, type Erasable } from './leaf.js';

/** The category of the events that say what was erased, and their type. */
const ERASURES = 'erasure';
const TEXTS_ERASED = 'TextsErased';

/** What is erased, and on whose word. */
export interface EraseOptions {
  readonly eventId: string;
  /** The event's stream and revision. */
  readonly streamId: StreamId;
  readonly revision: Revision;
  readonly texts: readonly Erasable[];
  /** Who erases: the id of a user or machine. Recorded, as the reason is. */
  readonly actor: string;
  readonly reason?: string;
}

const RULES: OptionRules<EraseOptions> = {
  eventId: rule.nonEmptyString,
  streamId: rule.nonEmptyString,
  revision: rule.mustBe('a revision, a bigint from 0 on', (value) => typeof value === 'bigint' && value >= 0n),
  texts: rule.listOf(ERASABLE.join(' and '), (name) => ERASABLE.some((one) => one === name)),
  actor: rule.nonEmptyString,
  reason: rule.optional(rule.mustBe('text', (value) => typeof value === 'string')),
};

/**
 * - `erased`: the texts are gone, their commitments stay;
 * - `refused`: nothing was changed. `not-supported`: this store can't erase (EventStoreDB); `not-found`: that event is not
 *   at that place; `no-salt`: a text was recorded without one, so it stands in tree heads itself.
 */
export type EraseAnswer =
  | { readonly outcome: 'erased' }
  | { readonly outcome: 'refused'; readonly reason: 'not-supported' | 'not-found' | 'no-salt' };

/**
 * Destroys the texts of actor and reason of an event, so that tree heads and proofs without texts still hold. That it
 * happened is recorded first, in the stream `erasure-EVENT`; what was erased already is not recorded again.
 *
 * Rebuild the read models that hold the texts, such as an audit log, and let backups expire.
 *
 * @throws Fault as the store does.
 * @throws RangeError that names a wrong option.
 */
export async function eraseTexts(store: Pick<Store, 'eventStore'>, given: EraseOptions): Promise<EraseAnswer> {
  demand('eraseTexts', 'store', store, rule.mustBe('a store, with its eventStore', isStore));
  const { eventStore } = store;
  const options = parseOptions(given, 'eraseTexts', RULES);
  const { eventId, revision, streamId, texts } = options;
  if (eventStore.erase === undefined) return { outcome: 'refused', reason: 'not-supported' };
  const event = await eventAt(eventStore, options);
  if (event === undefined) return { outcome: 'refused', reason: 'not-found' };
  const openings = openingsOf(event);
  const present = texts.filter((name) => (event.metadata[name] ?? '') !== '');
  if (present.some((name) => openings[name] === undefined)) return { outcome: 'refused', reason: 'no-salt' };
  if (present.length === 0) return { outcome: 'erased' };
  const commitments: Partial<Record<Erasable, string>> = {};
  for (const name of present) {
    const opening = openings[name];
    if (opening !== undefined) commitments[name] = commitmentOf(opening);
  }
  await eventStore.append({
    streamId: parseStream(ERASURES, eventId),
    expected: 'any',
    events: [erasure(event, present, options)],
  });
  await eventStore.erase({ streamId, revision, eventId: event.id, commitments });
  return { outcome: 'erased' };
}

async function eventAt(
  eventStore: Store['eventStore'],
  { eventId, revision, streamId }: EraseOptions,
): Promise<RecordedEvent | undefined> {
  for await (const [event] of eventStore.readStream(streamId, { from: revision, limit: 1 }))
    return event?.id === eventId && event.revision === revision ? event : undefined;
  return undefined;
}

const ids = monotonicIds();

function erasure(
  { id: erased, revision, streamId }: RecordedEvent,
  texts: readonly Erasable[],
  { actor, reason }: EraseOptions,
) {
  const id = ids();
  const salts = { actorSalt: salt(), reasonSalt: salt() };
  return {
    id,
    type: TEXTS_ERASED,
    schemaVersion: 1,
    data: { eventId: erased, stream: streamId, revision: String(revision), texts: [...texts] },
    metadata: { actor, correlationId: id, ...(reason !== undefined && { reason }), ...salts },
  };
}

function salt(): string {
  return randomBytes(16).toString('base64url');
}

/** Finds events whose texts are gone, and no event of the log says so. */
export class UnrecordedErasures {
  readonly #found = new Set<string>();

  /** Adds the next event of the log. A record comes after what it is about. */
  add({ data, id, metadata, streamId, type }: RecordedEvent): void {
    for (const name of ERASABLE) if (metadata[COMMITMENTS[name]] !== undefined) this.#found.add(`${id} ${name}`);
    if (type !== TEXTS_ERASED || !streamId.startsWith(`${ERASURES}-`)) return;
    const { eventId, texts } = data;
    if (typeof eventId !== 'string' || !Array.isArray(texts)) return;
    for (const name of texts) this.#found.delete(`${eventId} ${String(name)}`);
  }

  /** The ids of these events. */
  get eventIds(): readonly string[] {
    return [...new Set([...this.#found].map((found) => found.split(' ')[0] ?? ''))];
  }
}

function isStore(value: unknown): boolean {
  const eventStore: unknown =
    typeof value === 'object' && value !== null ? Reflect.get(value, 'eventStore') : undefined;
  return typeof eventStore === 'object' && eventStore !== null;
}
