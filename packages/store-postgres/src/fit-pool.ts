import type { Pool } from 'pg';

/**
 * Refuses a pool that the store can't work with.
 *
 * @throws RangeError that says what to do instead.
 */
export function demandUsablePool({ options }: Pool): void {
  const { connectionString } = options;
  const hosts = [options.host, connectionString === undefined ? undefined : authorityOf(connectionString)];
  const hostList = hosts.find((host) => host?.includes(',') === true);
  if (hostList !== undefined)
    throw new RangeError(
      `pool: pg connects to one host, not to a list of them (${hostList}): give it one address that leads to the primary, as of a proxy`,
    );
  if ('binary' in options && options.binary === true)
    throw new RangeError('pool: binary is true, but the store reads values as text: leave binary out');
}

/** The host and port of an address, or of a list of addresses. */
function authorityOf(address: string): string {
  return /^[a-z]+:\/\/(?:[^/@]*@)?([^/?#]*)/i.exec(address)?.[1] ?? '';
}
