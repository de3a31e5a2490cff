import type { Caller } from '@login-policy/api';
import { parsePosition, type Position } from '@login-policy/event-sourcing';
import type { Exchange, Response } from '../http/exchange.js';
import { storeAway, tooManyStreams } from '../http/refusal.js';
import type { Identification, Recognised } from '../sessions/identification.js';
import type { Change, ChangesFeed } from './changes-feed.js';

/** Often enough that a page can say how fresh it is, and that a stream soon ends when another process ended its session. */
const BEAT_MS = 1000;
const UNREAD_BYTES = 256 * 1024;
const MOST_STREAMS = 500;
const MOST_OF_ONE_CALLER = 50;
const STREAM = { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' } as const;

interface OpenStream {
  readonly exchange: Exchange;
  readonly recognised: Recognised;
}

/**
 * Tells pages of changes, as Server-Sent Events. Each has the position as its id, so that a page that was cut off goes on with
 * `Last-Event-ID` and misses nothing; with too much between, they are told to read everything anew (`reset`). A page that does
 * not read what they are told is cut off.
 */
export class ChangesStreams {
  readonly #feed: ChangesFeed;
  readonly #identification: Identification;
  readonly #isStoreUp: () => boolean;
  readonly #open = new Map<Response, OpenStream>();
  readonly #beats: NodeJS.Timeout;
  #isClosed = false;

  constructor(feed: ChangesFeed, identification: Identification, isStoreUp: () => boolean) {
    this.#feed = feed;
    this.#isStoreUp = isStoreUp;
    this.#identification = identification;
    this.#beats = setInterval(() => this.#beat(), BEAT_MS);
  }

  /** How many there are. */
  get count(): number {
    return this.#open.size;
  }

  /** Tells of the changes in the caller's instance, as long as the session lives. @throws Refusal when there are too many. */
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
    this.#open.set(response, { exchange, recognised });
    const waiting: string[] = [];
    let hear = (text: string): unknown => waiting.push(text);
    const stop = this.#feed.listen((news) => hear(this.#textOf(news, caller.instanceId)));
    // They may have left while they were being recognised.
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

  /** Ends all streams, and from now on each new one at once. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#beats);
    for (const response of this.#open.keys()) response.end();
  }

  /** What a stream begins with: what was missed, or that everything is to be read anew. */
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

  /** A caller is told of their own instance only. */
  #textOf(news: readonly Change[] | 'reset', instanceId: string): string {
    if (news === 'reset') return eventOf('reset', this.#feed.reached);
    const own = news.filter((change) => change.instanceId === instanceId);
    return own.map((change) => eventOf('changed', change.position, change)).join('');
  }

  /** It says that all was told up to now, which nobody knows while the store is away. */
  #beat(): void {
    for (const { exchange, recognised } of this.#open.values()) {
      this.#isStillAllowed(exchange, recognised).then(
        (isAllowed) => (isAllowed ? this.#sayBeat(exchange.response) : exchange.response.end()),
        () => exchange.response.destroy(),
      );
    }
  }

  /** Of now, not of before it was asked who listens: what was told meanwhile would be told again to a page that goes on from here. */
  #sayBeat(response: Response): void {
    if (this.#isStoreUp()) tell(response, eventOf('beat', this.#feed.reached));
  }

  /** A session ends by a sign-out in any process, by its time, or with all others when the secrets are made anew. */
  async #isStillAllowed({ headers }: Exchange, { caller }: Recognised): Promise<boolean> {
    const recognised = await this.#identification.recognise(headers);
    return recognised !== undefined && isSame(recognised.caller, caller);
  }
}

/** Ids are of one instance: the owner of another is somebody else. */
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
