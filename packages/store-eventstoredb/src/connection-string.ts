import { isFault, joinInWords, hintFor } from '@login-policy/event-sourcing';
import { newClient, type KnownClient } from './clients.js';

const KNOWN = [
  ...['connectionName', 'defaultDeadline', 'discoveryInterval', 'gossipTimeout', 'keepAliveInterval'],
  ...['keepAliveTimeout', 'maxDiscoverAttempts', 'nodePreference', 'throwOnAppendFailure', 'tls', 'tlsCAFile'],
  ...['userCertFile', 'userKeyFile'],
];

/**
 * Refuses options that the client ignores, because it would print the whole string, password included. The message has
 * no part of the string: it could be one of the password.
 *
 * @throws RangeError
 */
export function refuseIgnoredOptions(connectionString: string): void {
  const names = optionsIn(connectionString).map((option) => option.replace(/=.*/s, ''));
  const ignored = names.find((name) => name !== 'dnsDiscover' && !KNOWN.some((known) => flat(known) === flat(name)));
  if (ignored === undefined) return;
  const advice = hintFor(ignored, KNOWN, `It reads ${joinInWords(KNOWN)}.`);
  throw new RangeError(`connectEventStoreDb: connectionString has an option that the client ignores. ${advice}`);
}

const NUMBERS = KNOWN.filter((name) => /interval|timeout|deadline|attempts/i.test(name)).map(flat);

/**
 * Refuses numbers with other characters behind them, which the client cuts off: of a mistyped port it would connect to
 * another one, and `gossipTimeout=5s` would be 5 ms. The message has no part of the string.
 *
 * @throws RangeError
 */
export function refuseCutNumbers(connectionString: string): void {
  const [, hosts = ''] = /^[^:]+:\/\/(?:[^:]+:[^@]+@)?([^?]*)/s.exec(connectionString.trim()) ?? [];
  if (!hosts.replace(/\/+$/, '').split(',').every(isHost))
    throw new RangeError(
      'connectEventStoreDb: connectionString must have hosts, each with a port of 1 to 65535 or none',
    );
  for (const option of optionsIn(connectionString)) {
    const [name = '', value = ''] = option.split('=');
    if (NUMBERS.includes(flat(name)) && !/^-?\d+$/.test(value.trim()))
      throw new RangeError(`connectEventStoreDb: ${name} of connectionString must be a whole number`);
  }
}

/** The client reports more than one colon, and no host. */
function isHost(host: string): boolean {
  const [, port = '2113', ...rest] = host.split(':');
  return rest.length > 0 || (/^\d{1,5}$/.test(port.trim()) && Number(port) >= 1 && Number(port) <= 65_535);
}

/**
 * The number of stores in a process that share a connection: a server takes 100 concurrent calls per connection, and
 * each store keeps two open.
 */
const STORES_PER_CONNECTION = 20;
/** The client's default, in milliseconds. */
const KEEP_ALIVE_TIMEOUT_MS = 10_000;
/** The number of stores that this process has connected. */
let connected = 0;

/**
 * gRPC shares one connection between all channels of a process with the same address and settings. Each group
 * of twenty stores therefore gets a keep-alive time-out of its own, one millisecond longer than the last group's and
 * never the default of other clients. A string that sets its own, or is malformed, is not changed.
 */
export function withKeepAlive(connectionString: string): string {
  const options = optionsIn(connectionString);
  if (options.some((option) => !option.includes('=') || flat(option).startsWith('keepalivetimeout=')))
    return connectionString;
  const timeoutMs = KEEP_ALIVE_TIMEOUT_MS + 1 + Math.floor(connected / STORES_PER_CONNECTION);
  connected += 1;
  return `${connectionString.trim().replace(/\/+$/, '')}${options.length === 0 ? '?' : '&'}keepAliveTimeout=${timeoutMs}`;
}

function optionsIn(connectionString: string): readonly string[] {
  const [, query] = /^[^:]+:\/\/(?:[^:]+:[^@]+@)?[^?]*\?(.*)$/s.exec(connectionString.trim()) ?? [];
  return query?.split('&') ?? [];
}

/** The client compares names in this form. */
function flat(name: string): string {
  return name.trim().toLowerCase().replaceAll(/[_-]/g, '');
}

/**
 * The client takes a slash after a host without a port for a part of its name, and drops what follows a second colon.
 *
 * @throws RangeError where the client can't use it. The client's own error has the string, which may hold a password.
 * @throws StoreForeign when no client is installed.
 */
export function clientFor(connectionString: string): KnownClient {
  const [, user = ''] = /^[^:]+:\/\/([^:]+:[^@]+)@/.exec(connectionString.trim()) ?? [];
  if (user.split(':').length > 2) throw malformed('write a colon in the user name or the password as %3A');
  try {
    return newClient(connectionString.replace(SLASH_AFTER_HOSTS, '$1'));
  } catch (caught) {
    if (isFault(caught)) throw caught;
    if (caught instanceof URIError) throw malformed('write a percent sign in it as %25');
    const { message = '' } = caught instanceof Error ? caught : {};
    throw malformed(HARMLESS.test(message) ? message.replace(/".*"/s, '…') : 'the client refuses it');
  }
}

/** The messages that have no part of the string but between quotes. */
const HARMLESS = /^(Unexpected |Failed to load |userCertFile |Invalid |@eventstore\/db-client, )/;

const SLASH_AFTER_HOSTS = /^(\s*[^:]+:\/\/(?:[^:]+:[^@]+@)?[^?/]+)\/+(?=\?|\s*$)/;

function malformed(why: string): RangeError {
  return new RangeError(`connectEventStoreDb: connectionString is malformed: ${why}`);
}
