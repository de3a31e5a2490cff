import type { ServerHttp2Session } from 'node:http2';

/**
 * Closes a session on which nothing was said for `idleMs`. One that something is still owed on is asked whether its client
 * is there: it stays if so, and is gone after as long again if not.
 */
export function closeWhenIdle(session: ServerHttp2Session, idleMs: number, isOwed: () => boolean): void {
  let isAsked = false;
  session.setTimeout(idleMs);
  session.on('timeout', () => {
    if (!isOwed()) session.close();
    else if (isAsked) session.destroy();
    else {
      isAsked = true;
      session.ping((error) => {
        isAsked = error !== null;
      });
    }
    session.setTimeout(session.destroyed ? 0 : idleMs);
  });
}
