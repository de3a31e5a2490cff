import { InvalidValue, parseId } from '@login-policy/domain/model';
import { demandHeaders } from './bearer.js';
import type { RequestHeaders } from './ports.js';

/** Serves every request for one instance. @throws InvalidValue for a malformed id */
export function oneInstance(instanceId: string): () => string {
  parseId(instanceId, 'instanceId');
  return () => instanceId;
}

/**
 * Finds the instance by the request's host, with the port where `instances` names one, otherwise without. Case and a
 * trailing dot do not matter.
 *
 * @throws InvalidValue for a malformed instance id.
 */
export function instancesByHost(
  instances: Readonly<Record<string, string>>,
): (headers: RequestHeaders) => string | undefined {
  if (typeof instances !== 'object' || instances === null)
    throw new InvalidValue('instances', 'instances by host', instances);
  const byHost = new Map(
    Object.entries(instances).map(([host, id]) => [plainly(host), parseId(id, `the instance of ${host}`)]),
  );
  return (headers) => {
    demandHeaders(headers);
    const host = headers.get(':authority') ?? headers.get('host');
    if (host === undefined) return undefined;
    const plain = plainly(host);
    return byHost.get(plain) ?? byHost.get(plain.replace(/:\d+$/, ''));
  };
}

function plainly(host: string): string {
  return host.toLowerCase().replace(/\.(?=:\d+$|$)/, '');
}
