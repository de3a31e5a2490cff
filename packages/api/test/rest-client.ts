import { ROOT, type Service } from './service.js';

/** What REST answered. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  /** A member of the answer's JSON by its path, `details.0.id`; without a path all of it. */
  readonly at: (path?: string) => unknown;
}

/** How REST is asked: without a token given, as the administrator; with an empty one, as nobody. */
export interface Asked {
  readonly token?: string;
  readonly body?: object;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks a service: `DELETE /admin/v1/…`. */
export async function askOf(
  service: Service,
  place: string,
  { token = ROOT, body, text, headers = {} }: Asked,
): Promise<Reply> {
  const [method = '', path = ''] = place.split(' ');
  const sent = text ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${service.url}${path}`, {
    method,
    headers: { ...(token !== '' && { authorization: `Bearer ${token}` }), ...headers },
    ...(sent !== undefined && { body: Buffer.from(sent, 'latin1') }),
  });
  const answer = await response.text();
  const json: unknown = answer === '' ? undefined : JSON.parse(answer);
  return { status: response.status, headers: response.headers, at: (member = '') => memberOf(json, member) };
}

function memberOf(json: unknown, path: string): unknown {
  return path
    .split('.')
    .filter((name) => name !== '')
    .reduce((value, name): unknown => (value instanceof Object ? Reflect.get(value, name) : undefined), json);
}
