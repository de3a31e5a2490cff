/** So many stores of a process use one connection: a server takes 100 calls on it at a time, and each store holds two for good. */
const STORES_PER_CONNECTION = 20;
/** The client's default, in milliseconds. */
const KEEP_ALIVE_MS = 10_000;

/** How many stores use each connection to an address, by the connection string. */
const taken = new Map<string, number[]>();

/** A connection string of a store, and how to say that the store is closed. */
export interface Share {
  readonly connectionString: string;
  readonly leave: () => void;
}

/**
 * The string a store is to connect by. gRPC gives all channels of a process with the same address and settings one connection, so the
 * settings of each twenty stores differ by a millisecond between two pings. A string that says how often to ping stays as it is.
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
