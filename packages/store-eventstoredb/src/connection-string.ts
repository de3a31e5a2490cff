import { EventStoreDBClient } from '@eventstore/db-client';
import { joinInWords, nearestName } from '@login-policy/event-sourcing/options';

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
  const [, query] = /^[^:]+:\/\/(?:[^:]+:[^@]+@)?[^?]*\?(.*)$/s.exec(connectionString.trim()) ?? [];
  const names = query?.split('&').map((option) => option.replace(/=.*/s, '')) ?? [];
  const ignored = names.find((name) => name !== 'dnsDiscover' && !KNOWN.some((known) => flat(known) === flat(name)));
  if (ignored === undefined) return;
  const nearest = nearestName(ignored, KNOWN);
  const advice = nearest === undefined ? `It reads ${joinInWords(KNOWN)}.` : `Did you mean ${nearest}?`;
  throw new RangeError(`connectEventStoreDb: connectionString has an option that the client ignores. ${advice}`);
}

/** The client compares names in this form. */
function flat(name: string): string {
  return name.trim().toLowerCase().replaceAll(/[_-]/g, '');
}

/** @throws RangeError where the client can't parse it. Its own error has the string, which may hold a password. */
export function clientFor(connectionString: string): EventStoreDBClient {
  try {
    return EventStoreDBClient.connectionString(connectionString);
  } catch (caught) {
    if (!(caught instanceof Error && 'connectionString' in caught)) throw caught;
    const why = caught.message.replace(/".*"/s, '…');
    throw new RangeError(`connectEventStoreDb: connectionString is malformed: ${why}`);
  }
}
