/** What the first line of a request names: path and query, and perhaps the host as well. */
export interface Target {
  readonly authority: string | undefined;
  readonly url: string;
}

/**
 * Takes the target of a request apart. One that names its host as well, as for a proxy: that counts then, and the header `host` does not
 * (RFC 9112, 3.2.2). Whoever checks a request by its host before the API sees it has to go by this, or the two see two requests in one.
 */
export function targetOf(target: string): Target {
  const [, authority, url = target] = target.startsWith('/') ? [] : (/^https?:\/\/([^/?#]+)(.*)$/i.exec(target) ?? []);
  return { authority, url };
}
