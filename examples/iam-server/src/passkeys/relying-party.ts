import { isIP } from 'node:net';
import type { RequestHeaders } from '@login-policy/api';

/** The identity of the server for browsers: a passkey is valid for one name only. */
export interface RelyingParty {
  /** The host name, without the port. */
  readonly id: string;
  /** The origin of the page. */
  readonly origins: readonly string[];
}

/**
 * The relying party of a request: the configured public address, otherwise the request's host.
 *
 * @returns `undefined` for an IP address, which browsers do not accept.
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
