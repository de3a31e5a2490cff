import type { RequestHeaders } from '@login-policy/api';
import { SESSION_SECONDS } from './sessions.js';

const NAME = 'session';
const LONGEST = 4096;

/** The token in the session cookie of a request; `undefined` when there is none. */
export function sessionCookie(headers: RequestHeaders): string | undefined {
  const value = headers.get('cookie');
  if (value === undefined) return undefined;
  const pairs = value.split(';').map((pair) => pair.trim());
  const token = pairs.find((pair) => pair.startsWith(`${NAME}=`))?.slice(NAME.length + 1);
  return token === undefined || token === '' || token.length > LONGEST ? undefined : token;
}

/** The header that has a browser keep the token, out of reach of scripts and of other sites. */
export function keepCookie(token: string, transport: 'http' | 'https'): string {
  return `${NAME}=${token}; Max-Age=${SESSION_SECONDS}; ${attributes(transport)}`;
}

/** The header that has a browser forget the token. */
export function forgetCookie(transport: 'http' | 'https'): string {
  return `${NAME}=; Max-Age=0; ${attributes(transport)}`;
}

function attributes(transport: 'http' | 'https'): string {
  return `HttpOnly; SameSite=Strict; Path=/${transport === 'https' ? '; Secure' : ''}`;
}
