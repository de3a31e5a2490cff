import type { RequestHeaders } from '@login-policy/api';

const LONGEST = 4096;

/** How browsers reach the server: with TLS, cookies are only sent over TLS. */
export type Transport = 'http' | 'https';

/** A cookie of this server, inaccessible to scripts and other sites. */
export interface Cookie {
  /** Its value in a request; `undefined` without one. */
  readonly in: (headers: RequestHeaders) => string | undefined;
  /** The header that sets a value for some time; for no time it deletes the cookie. */
  readonly set: (value: string, seconds: number) => string;
}

/**
 * A cookie whose name includes the instance, because browsers share cookies among all ports of a host. Over TLS its
 * `__Host-` prefix keeps other hosts of the domain from setting it.
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
