import type { Caller } from '@login-policy/api';
import { parsePosition, type Position } from '@login-policy/event-sourcing';
import type { Exchange, Response } from '../http/exchange.js';
import { storeAway, tooManyStreams } from '../http/refusal.js';
import type { Identification, Recognised } from '../sessions/identification.js';
import type { Change, ChangesFeed } from './changes-feed.js';

/**
 * The heartbeat interval: short enough for a page to show its freshness, and for a stream to end soon after another
 * process ended its session.
 */
const BEAT_MS = 1000;
const UNREAD_BYTES = 256 * 1024;
const MOST_STREAMS = 500;
const MOST_OF_ONE_CALLER = 50;
const STREAM = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } as const;

interface OpenStream {
  readonly exchange: Exchange;
  readonly recognised: Recognised;
  /** Sends a text, after everything that the beginning of the stream still has to say. */
  readonly say: (text: string) => void;
}

/**
 * Sends changes to pages as Server-Sent Events. Each event's id is its position, so that a page that was disconnected
 * resumes with `Last-Event-ID` and misses nothing; if it missed too much, it is told to reload everything (`reset`). A
 * page that does not read is disconnected.
 */
export class ChangesStreams {
  readonly #feed: Pick<ChangesFeed, 'listen' | 'missedSince' | 'reached'>;
  readonly #identification: Pick<Identification, 'recognise'>;
  readonly #isStoreUp: () => boolean;
  readonly #open = new Map<Response, OpenStream>();
  readonly #beats: NodeJS.Timeout;
  #isClosed = false;

  constructor(
    feed: Pick<ChangesFeed, 'listen' | 'missedSince' | 'reached'>,
    identification: Pick<Identification, 'recognise'>,
    isStoreUp: () => boolean,
  ) {
    this.#feed = feed;
    this.#isStoreUp = isStoreUp;
    this.#identification = identification;
    this.#beats = setInterval(() => this.#beat(), BEAT_MS);
  }

  /** The number of open streams. */
  get count(): number {
    return this.#open.size;
  }

  /**
   * Streams the changes in the caller's instance while the session is valid.
   *
   * @throws Refusal when there are too many streams.
   */
  async begin(exchange: Exchange, recognised: Recognised): Promise<void> {
    const { headers, onGone, request, response, verb } = exchange;
    const { caller } = recognised;
    if (!this.#isStoreUp()) throw storeAway();
    if (verb === 'HEAD') {
      response.writeHead(200, STREAM);
      response.end();
      return;
    }
    if (this.#open.size >= MOST_STREAMS || this.#countOf(caller) >= MOST_OF_ONE_CALLER) throw tooManyStreams();
    const waiting: string[] = [];
    let hear = (text: string): unknown => waiting.push(text);
    const say = (text: string): void => void hear(text);
    this.#open.set(response, { exchange, recognised, say });
    const stop = this.#feed.listen((news) => say(this.#textOf(news, caller.instanceId)));
    // The client may have left during authentication.
    onGone(() => {
      this.#open.delete(response);
      stop();
    });
    request.resume();
    response.writeHead(200, STREAM);
    tell(response, await this.#opening(headers.get('last-event-id'), caller.instanceId));
    hear = (text) => tell(response, text);
    hear(waiting.join(''));
    if (this.#isClosed) response.end();
  }

  /** Ends all streams, and each later one at once. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#beats);
    for (const response of this.#open.keys()) response.end();
  }

  /** The beginning of a stream: the missed changes, or a `reset`. */
  async #opening(lastId: string | undefined, instanceId: string): Promise<string> {
    const { reached } = this.#feed;
    const after = lastId === undefined ? undefined : positionOf(lastId);
    const missed = after === undefined ? undefined : await this.#feed.missedSince(after).catch(() => undefined);
    const isAllThere = lastId === undefined || missed !== undefined;
    const first = isAllThere ? (missed ?? []) : 'reset';
    return `${this.#textOf(first, instanceId)}${eventOf('ready', reached)}`;
  }

  #countOf(caller: Caller): number {
    return [...this.#open.values()].filter(({ recognised }) => isSame(recognised.caller, caller)).length;
  }

  /** Only changes of the caller's own instance are sent. */
  #textOf(news: readonly Change[] | 'reset', instanceId: string): string {
    if (news === 'reset') return eventOf('reset', this.#feed.reached);
    const own = news.filter((change) => change.instanceId === instanceId);
    return own.map((change) => eventOf('changed', change.position, change)).join('');
  }

  /** A heartbeat claims that everything was reported, so none is sent while the store is unavailable. */
  #beat(): void {
    for (const { exchange, recognised, say } of this.#open.values()) {
      this.#isStillAllowed(exchange, recognised).then(
        (isAllowed) => (isAllowed ? this.#sayBeat(say) : exchange.response.end()),
        () => exchange.response.destroy(),
      );
    }
  }

  /**
   * The position from now, and not from before the caller was authenticated: otherwise changes in between would be sent
   * twice.
   */
  #sayBeat(say: OpenStream['say']): void {
    if (this.#isStoreUp()) say(eventOf('beat', this.#feed.reached));
  }

  /**
   * Whether the session is still valid: it ends by a sign-out in any process, by its expiry, or when all secrets are
   * replaced.
   */
  async #isStillAllowed({ headers }: Exchange, { caller }: Recognised): Promise<boolean> {
    const recognised = await this.#identification.recognise(headers);
    return recognised !== undefined && isSame(recognised.caller, caller);
  }
}

/** Ids belong to one instance; the same id in another is a different user. */
function isSame(one: Caller, other: Caller): boolean {
  return one.id === other.id && one.instanceId === other.instanceId;
}

function positionOf(id: string): Position | undefined {
  try {
    return parsePosition(id);
  } catch {
    return undefined;
  }
}

function eventOf(event: string, id: string, data: object = {}): string {
  return `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function tell(response: Response, text: string): void {
  if (text === '' || response.writableEnded || response.destroyed) return;
  if (response.writableLength > UNREAD_BYTES) response.destroy();
  else response.write(text);
}
