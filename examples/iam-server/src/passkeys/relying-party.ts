import { isIP } from 'node:net';
import type { RequestHeaders } from '@login-policy/api';

/** Under which name a browser knows this server: passkeys count for one name alone. */
export interface RelyingParty {
  /** The name of the host, without the port. */
  readonly id: string;
  /** From where the page may have asked. */
  readonly origins: readonly string[];
}

/**
 * The relying party that a request is for: the public address where one is configured, else the host that was called.
 *
 * @returns `undefined` for an IP address, which no browser takes for one.
 */
export function relyingPartyOf(headers: RequestHeaders, publicUrl: string | undefined): RelyingParty | undefined {
  const host = headers.get('host') ?? '';
  const origins = publicUrl === undefined ? [`https://${host}`, `http://${host}`] : [publicUrl];
  const id = hostnameOf(origins[0] ?? '');
  const isName = id !== '' && !id.startsWith('[') && isIP(id) === 0;
  return isName ? { id, origins } : undefined;
}

function hostnameOf(origin: string): string {
  try {
    return new URL(origin).hostname;
  } catch {
    return '';
  }
}
