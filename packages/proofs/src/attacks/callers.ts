import { request } from 'node:http';
import { MISLED_USER, NEIGHBOUR, OURS, READER, ROOT, THEIRS, type Instance } from './fixtures.js';
import type { Chance } from './chance.js';
import type { Tokens } from './tokens.js';

/** A caller. */
export interface Caller {
  /** The headers that authenticate the caller, or try to. */
  readonly headers: Readonly<Record<string, string>>;
  /** The instance whose data the caller may see. */
  readonly of: Instance | undefined;
}

/** Makes up a caller. */
export type AnyCaller = (chance: Chance) => Caller;

/**
 * Nobody; a reader; an administrator, here or elsewhere; forgers; and, where possible, a browser led by another site.
 */
export function anyCallerOf({ forged, good }: Tokens, cookie: string | undefined): AnyCaller {
  const root = withToken(ROOT.token, OURS);
  const others = [{ headers: {}, of: undefined }, withToken(READER.token, OURS), withToken(NEIGHBOUR.token, THEIRS)];
  const misled: Caller[] = [];
  for (const from of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://elsewhere.test' }, { origin: 'null' }]) {
    if (cookie !== undefined) misled.push({ headers: { cookie, ...from }, of: OURS });
  }
  const forgers = [...forged, 'x', `${ROOT.token} `.repeat(2), ROOT.token.slice(1), ROOT.token.toUpperCase()];
  return (chance) => {
    if (chance.oneIn(4)) return chance.pick([root, root, withToken(good, OURS)]);
    if (chance.oneIn(3)) return withToken(chance.pick(forgers), undefined);
    return chance.pick([...others, ...misled]);
  };
}

function withToken(token: string, of: Instance | undefined): Caller {
  return { headers: { authorization: `Bearer ${token}` }, of };
}

/** A request of an honest client. */
export interface HonestRequest {
  readonly verb?: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The answer to an honest request. */
export interface ClientAnswer {
  readonly status: number;
  readonly cookies: readonly string[];
  readonly text: string;
}

const TIMEOUT_MS = 60_000;

/** Sends a request as a new client, on its own connection. @throws Error without an answer */
export function sendRequest(port: number, { body, headers, path, verb = 'GET' }: HonestRequest): Promise<ClientAnswer> {
  return new Promise((resolve, refuse) => {
    const sending = request({ port, host: '127.0.0.1', agent: false, method: verb, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      const cookies = (response.headers['set-cookie'] ?? []).map((cookie) => cookie.split(';')[0] ?? '');
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', refuse);
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, cookies, text: Buffer.concat(chunks).toString() });
      });
    });
    sending.setTimeout(TIMEOUT_MS, () => sending.destroy(new Error(`${verb} ${path} was not answered`)));
    sending.on('error', refuse).end(body);
  });
}

/** Signs in to a server with sessions; `undefined` for a server without. */
export async function signIn(port: number): Promise<string | undefined> {
  const { name, password } = MISLED_USER;
  const { cookies, status } = await sendRequest(port, {
    ...{ verb: 'POST', path: '/iam/v1/session', body: JSON.stringify({ name, password }) },
    headers: { host: OURS.host, 'content-type': 'application/json' },
  });
  return status === 200 ? cookies.join('; ') : undefined;
}
