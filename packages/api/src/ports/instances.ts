import { InvalidValue, parseId } from '@login-policy/domain/model';
import type { RequestHeaders } from './ports.js';

/** Every request is for this instance. @throws InvalidValue for what can't be an id */
export function oneInstance(instanceId: string): () => string {
  parseId(instanceId, 'instanceId');
  return () => instanceId;
}

/**
 * The host a request names tells the instance: with its port, where one is named with it here, or without. Neither capitals nor
 * a dot at the end of a name make it another.
 *
 * @throws InvalidValue for what can't be the id of an instance.
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
    const host = headers.get(':authority') ?? headers.get('host');
    if (host === undefined) return undefined;
    const plain = plainly(host);
    return byHost.get(plain) ?? byHost.get(plain.replace(/:\d+$/, ''));
  };
}

function plainly(host: string): string {
  return host.toLowerCase().replace(/\.(?=:\d+$|$)/, '');
}
