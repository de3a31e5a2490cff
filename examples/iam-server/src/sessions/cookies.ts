import type { RequestHeaders } from '@login-policy/api';

const LONGEST = 4096;

/** How browsers reach the server: over TLS, no cookie is ever sent without it. */
export type Transport = 'http' | 'https';

/** A cookie of this server's: out of reach of scripts and of other sites. */
export interface Cookie {
  /** What a request has in it; `undefined` when there is none. */
  readonly in: (headers: RequestHeaders) => string | undefined;
  /** The header that has a browser keep a value for so long; for no time it forgets it. */
  readonly set: (value: string, seconds: number) => string;
}

/**
 * A cookie whose name has the instance in it, because browsers share cookies among all ports of a host. Over TLS no other host
 * of the same domain can set it: that is what `__Host-` says.
 */
export function cookieOf(kind: 'session' | 'device', instanceId: string, transport: Transport): Cookie {
  const isSecure = transport === 'https';
  const name = `${isSecure ? '__Host-' : ''}${kind}-${Buffer.from(instanceId).toString('base64url')}`;
  return {
    in(headers) {
      const pairs = (headers.get('cookie') ?? '').split(';').map((pair) => pair.trim());
      const value = pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
      return value === undefined || value === '' || value.length > LONGEST ? undefined : value;
    },
    set: (value, seconds) =>
      `${name}=${value}; Max-Age=${seconds}; HttpOnly; SameSite=Strict; Path=/${isSecure ? '; Secure' : ''}`,
  };
}
