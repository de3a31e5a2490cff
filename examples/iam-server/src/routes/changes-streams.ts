import type { Caller } from '@login-policy/api';
import type { Exchange, Response } from '../http/exchange.js';
import { tooManyStreams } from '../http/refusal.js';
import type { Session, Sessions } from '../sessions/sessions.js';
import type { Change, ChangesFeed } from './changes-feed.js';

const KEEP_ALIVE_MS = 15_000;
const UNREAD_BYTES = 256 * 1024;
const MOST_STREAMS = 500;
const MOST_OF_ONE_CALLER = 50;

/** Tells pages of changes, as Server-Sent Events. Whoever does not read what he is told is cut off. */
export class ChangesStreams {
  readonly #feed: ChangesFeed;
  readonly #sessions: Sessions;
  /** The id of its caller for each. */
  readonly #open = new Map<Response, string>();
  #isClosed = false;

  constructor(feed: ChangesFeed, sessions: Sessions) {
    this.#feed = feed;
    this.#sessions = sessions;
  }

  /** Tells of the changes in the caller's instance, as long as his session lives. @throws Refusal when there are too many. */
  begin({ onGone, request, response }: Exchange, caller: Caller, session: Session | undefined): void {
    if (this.#open.size >= MOST_STREAMS || this.#countOf(caller) >= MOST_OF_ONE_CALLER) throw tooManyStreams();
    this.#open.set(response, caller.id);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    const stop = [
      this.#feed.listen((changes) => tell(response, textOf(changes, caller.instanceId))),
      this.#keepAlive(response, session),
      ...(session === undefined ? [] : this.#endWith(session, response)),
    ];
    // Be it that they left while they were being recognised.
    onGone(() => {
      this.#open.delete(response);
      for (const act of stop) act();
    });
    request.resume();
    tell(response, 'event: ready\ndata: {}\n\n');
    if (this.#isClosed) response.end();
  }

  /** Ends all streams, and from now on each new one at once. */
  close(): void {
    this.#isClosed = true;
    for (const response of this.#open.keys()) response.end();
  }

  #countOf({ id }: Caller): number {
    return [...this.#open.values()].filter((one) => one === id).length;
  }

  #keepAlive(response: Response, session: Session | undefined): () => void {
    const beat = async (): Promise<void> => {
      // Another process may have ended the session.
      if (session !== undefined && !(await this.#sessions.isAlive(session.id))) response.end();
      else tell(response, ': keep-alive\n\n');
    };
    const timer = setInterval(() => {
      beat().catch(() => response.destroy());
    }, KEEP_ALIVE_MS);
    return () => clearInterval(timer);
  }

  #endWith(session: Session, response: Response): readonly (() => void)[] {
    const timer = setTimeout(() => response.end(), session.expiresAt.getTime() - Date.now());
    return [this.#sessions.onEnd(session.id, () => response.end()), () => clearTimeout(timer)];
  }
}

/** A caller is told of his own instance only. */
function textOf(changes: readonly Change[], instanceId: string): string {
  const own = changes.filter((change) => change.instanceId === instanceId);
  return own.map((change) => `event: changed\ndata: ${JSON.stringify(change)}\n\n`).join('');
}

function tell(response: Response, text: string): void {
  if (text === '' || response.writableEnded || response.destroyed) return;
  if (response.writableLength > UNREAD_BYTES) response.destroy();
  else response.write(text);
}
