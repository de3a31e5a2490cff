import type { RequestHeaders } from '@login-policy/api';

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Whether a verb changes nothing. */
export function isSafe(verb: string | undefined): boolean {
  return SAFE.has(verb ?? 'GET');
}

/**
 * Whether a browser says that the request was made by our own page: by `Sec-Fetch-Site`, or, where a browser does not send
 * that, by an `Origin` that is the host it called or our public address. No page of another site can forge either.
 */
export function isFromOurPage(headers: RequestHeaders, publicUrl: string | undefined): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== undefined) return site === 'same-origin';
  const origin = headers.get('origin');
  if (origin === undefined) return false;
  const host = hostOf(origin);
  return origin === publicUrl || (host !== '' && host === headers.get('host'));
}

/** Of `null`, which a browser sends for a page without an origin, and of what is not a URL, there is no host. */
function hostOf(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    return '';
  }
}

/** Whether a browser says that another page made the request. A program says nothing of that kind. */
export function isFromAnotherPage(headers: RequestHeaders, publicUrl: string | undefined): boolean {
  const saysSomething = headers.get('sec-fetch-site') !== undefined || headers.get('origin') !== undefined;
  return saysSomething && !isFromOurPage(headers, publicUrl);
}
