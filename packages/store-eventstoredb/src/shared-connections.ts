/**
 * The number of stores in a process that share a connection: a server takes 100 concurrent calls per connection, and
 * each store keeps two open.
 */
const STORES_PER_CONNECTION = 20;
/** The client's default, in milliseconds. */
const KEEP_ALIVE_MS = 10_000;

/** How many stores use each connection to an address, by the connection string. */
const taken = new Map<string, number[]>();

/** A store's connection string, and a function to call when the store is closed. */
export interface Share {
  readonly connectionString: string;
  readonly leave: () => void;
}

/**
 * The connection string for a store. gRPC shares one connection between all channels of a process with the same address
 * and settings. So the keep-alive intervals of each twenty stores differ by a millisecond. A string that sets its own
 * interval is not changed.
 */
export function shareOf(given: string): Share {
  const shares = taken.get(given) ?? [];
  taken.set(given, shares);
  const free = shares.findIndex((count) => count < STORES_PER_CONNECTION);
  const index = free === -1 ? shares.length : free;
  shares[index] = (shares[index] ?? 0) + 1;
  let hasLeft = false;
  const leave = (): void => {
    if (!hasLeft) shares[index] = (shares[index] ?? 1) - 1;
    hasLeft = true;
  };
  return { connectionString: withPings(given, KEEP_ALIVE_MS + index), leave };
}

function withPings(given: string, intervalMs: number): string {
  const [address = '', query] = given.split('?');
  const isSaid = /keepaliveinterval=/.test((query ?? '').toLowerCase().replaceAll(/[_-]/g, ''));
  if (isSaid || intervalMs === KEEP_ALIVE_MS) return given;
  const separator = query === undefined ? '?' : `?${query}&`;
  return `${address}${separator}keepAliveInterval=${intervalMs}`;
}
