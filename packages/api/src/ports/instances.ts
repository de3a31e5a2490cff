import type { RequestHeaders } from './ports.js';

/** Every request is for this instance. */
export function oneInstance(instanceId: string): () => string {
  return () => instanceId;
}

/**
 * The host a request names tells the instance: with its port, where one is named with it here, or without. Neither capitals nor
 * a dot at the end of a name make it another.
 */
export function instancesByHost(
  instances: Readonly<Record<string, string>>,
): (headers: RequestHeaders) => string | undefined {
  const byHost = new Map(Object.entries(instances).map(([host, id]) => [plainly(host), id]));
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
