/**
 * The number of stores in a process that share a connection: a server takes 100 concurrent calls per connection, and
 * each store keeps two open.
 */
const STORES_PER_CONNECTION = 20;
/** The client's default, in milliseconds. */
const KEEP_ALIVE_MS = 10_000;

/** For each connection string, the number of stores on each of its connections. */
const storeCounts = new Map<string, number[]>();

/** A store's connection string, and a function to call when the store is closed. */
export interface Share {
  readonly connectionString: string;
  readonly leave: () => void;
}

/**
 * Adds a store to a connection, and returns the connection string for it. gRPC shares one connection between all
 * channels of a process with the same address and settings. So every twenty stores get another keep-alive interval, a
 * millisecond longer. A string that sets its own interval is not changed.
 */
export function takeShare(given: string): Share {
  const counts = storeCounts.get(given) ?? [];
  storeCounts.set(given, counts);
  const free = counts.findIndex((count) => count < STORES_PER_CONNECTION);
  const index = free === -1 ? counts.length : free;
  counts[index] = (counts[index] ?? 0) + 1;
  let hasLeft = false;
  const leave = (): void => {
    if (!hasLeft) counts[index] = (counts[index] ?? 1) - 1;
    hasLeft = true;
  };
  return { connectionString: withKeepAlive(given, KEEP_ALIVE_MS + index), leave };
}

function withKeepAlive(given: string, intervalMs: number): string {
  const [address = '', query] = given.split('?');
  const hasInterval = /keepaliveinterval=/.test((query ?? '').toLowerCase().replaceAll(/[_-]/g, ''));
  if (hasInterval || intervalMs === KEEP_ALIVE_MS) return given;
  const separator = query === undefined ? '?' : `?${query}&`;
  return `${address}${separator}keepAliveInterval=${intervalMs}`;
}
