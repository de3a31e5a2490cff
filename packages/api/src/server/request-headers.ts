import type { IncomingHttpHeaders } from 'node:http';
import type { NodeRequest } from '../port/on-request.js';
import type { RequestHeaders } from '../ports/ports.js';

/** The headers of a request of Node, in the form that {@link bearerToken} and {@link instancesByHost} read. */
export function requestHeaders(request: NodeRequest): RequestHeaders {
  const { headers, url = '/' } = request;
  const authority = authorityOf(url, headers);
  return { get: (name) => joinedIfDoubled(request, name, headerIn(headers, authority, name)) };
}

/**
 * Node keeps only the first of these headers, while a proxy may have checked another. Here all are joined, as `Headers`
 * does: they are no token and no host.
 */
export function joinedIfDoubled(
  { rawHeaders }: NodeRequest,
  name: string,
  value: string | undefined,
): string | undefined {
  if ((name !== 'authorization' && name !== 'host') || value === undefined) return value;
  const all = rawHeaders.filter((_, at) => at % 2 === 1 && rawHeaders[at - 1]?.toLowerCase() === name);
  return all.length > 1 ? all.join(', ') : value;
}

/** The host in the request's target, or in the pseudo-header of HTTP/2; `undefined` without either. */
export function authorityOf(target: string, headers: IncomingHttpHeaders): string | undefined {
  return targetOf(target).authority ?? valueOf(headers[':authority']);
}

/** A header by its lower-case name. `host` is the authority, if there is one. */
export function headerIn(
  headers: IncomingHttpHeaders,
  authority: string | undefined,
  name: string,
): string | undefined {
  return name === 'host' && authority !== undefined ? authority : valueOf(headers[name]);
}

function valueOf(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'object' ? value.join(', ') : value;
}

/** Splits a request target. A host in the target takes precedence over the header `host` (RFC 9112, 3.2.2). */
export function targetOf(target: string): { readonly authority: string | undefined; readonly url: string } {
  const [, authority, url = target] = target.startsWith('/') ? [] : (/^https?:\/\/([^/?#]+)(.*)$/i.exec(target) ?? []);
  return { authority, url };
}
