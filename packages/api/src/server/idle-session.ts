import type { ServerHttp2Session } from 'node:http2';

/**
 * Closes a session on which nothing was said for `idleMs`, and cuts it off after as long again, should its client not take
 * what it asked for. One that an answer is still owed on which lasts is asked whether its client is there: it stays if so,
 * and is gone after as long again if not.
 */
export function closeWhenIdle(session: ServerHttp2Session, idleMs: number, isOwed: () => boolean): void {
  let isAsked = false;
  session.setTimeout(idleMs);
  session.on('timeout', () => {
    if (isOwed() ? isAsked : session.closed) session.destroy();
    else if (!isOwed()) session.close();
    else {
      isAsked = true;
      session.ping((error) => {
        isAsked = error !== null;
      });
    }
    session.setTimeout(session.destroyed ? 0 : idleMs);
  });
}
