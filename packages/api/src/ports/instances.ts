import type { InstanceOf } from './ports.js';

/** Every request is for this instance. */
export function oneInstance(instanceId: string): InstanceOf {
  return () => instanceId;
}

/** The host a request names, without its port, tells the instance. */
export function instancesByHost(instances: Readonly<Record<string, string>>): InstanceOf {
  const byHost = new Map(Object.entries(instances).map(([host, id]) => [host.toLowerCase(), id]));
  return (headers) => {
    const host = headers.get(':authority') ?? headers.get('host');
    if (host === undefined) return undefined;
    return byHost.get(host) ?? byHost.get(host.toLowerCase().replace(/:\d+$/, ''));
  };
}
