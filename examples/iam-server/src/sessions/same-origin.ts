import type { RequestHeaders } from '@login-policy/api';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a verb is safe: it changes nothing. */
export function isSafe(verb: string | undefined): boolean {
  return SAFE.has(verb ?? 'GET');
}

/**
 * Whether a browser confirms that our own page made the request: by `Sec-Fetch-Site`, or, in browsers without it, by an
 * `Origin` that equals the called host or our public address. Pages of other sites can't forge either.
 */
export function isFromOurPage(headers: RequestHeaders, publicUrl: string | undefined): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = headers.get('origin');
  if (origin === undefined) return false;
  const host = hostOf(origin);
  return origin === publicUrl || (host !== '' && host === headers.get('host'));
}

/** The host of an origin; `undefined` for `null` (a page without an origin) and for malformed ones. */
function hostOf(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    return '';
  }
}

/** Whether a browser says that another page made the request. Programs send no such header. */
export function isFromAnotherPage(headers: RequestHeaders, publicUrl: string | undefined): boolean {
  const saysSomething = headers.get('sec-fetch-site') !== undefined || headers.get('origin') !== undefined;
  return saysSomething && !isFromOurPage(headers, publicUrl);
}
