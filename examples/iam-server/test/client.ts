import { readFileSync } from 'node:fs';
import { request, type Agent, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as secureRequest } from 'node:https';
import { fileURLToPath } from 'node:url';
import type { Quickstart } from './running-server.js';

/** What is asked; the headers are sent exactly as they stand here. */
export interface Ask {
  readonly verb?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** The body as bytes, in the place of one in JSON. */
  readonly raw?: Uint8Array;
  /** Keeps the connection for more. Default: each request has one of its own. */
  readonly agent?: Agent;
}

/** What is answered. */
export interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

const pem = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/api/test/tls/${name}.pem`, import.meta.url));

/** The files of a key that everybody knows and its certificate, which {@link send} trusts. */
export const tls = { keyFile: pem('key'), certFile: pem('certificate') };

/** Begins a request; the path goes out as it is, dots and all. */
export function send(url: string, path: string, { verb = 'GET', headers = {}, agent }: Ask): ClientRequest {
  const { hostname, port, protocol } = new URL(url);
  const options = { hostname, port, path, method: verb, headers, agent: agent ?? false } as const;
  return protocol === 'https:' ? secureRequest({ ...options, ca: readFileSync(tls.certFile) }) : request(options);
}

/** The response to a request that was begun. */
export function responseTo(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => sent.once('response', resolve).once('error', reject));
}

/** Asks and waits for the whole answer. */
export async function call(url: string, path: string, ask: Ask = {}): Promise<Answered> {
  const type = ask.body === undefined ? {} : { 'content-type': 'application/json' };
  const sent = send(url, path, { ...ask, headers: { ...type, ...ask.headers } });
  const response = responseTo(sent);
  sent.end(ask.raw ?? (ask.body === undefined ? undefined : JSON.stringify(ask.body)));
  return whole(await response);
}

/** Reads a response to its end. */
export async function whole(response: IncomingMessage): Promise<Answered> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return { status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(chunks) };
}

/** The body as JSON of the shape a test expects, and then looks at. */
export function json<Shape = ReturnType<typeof JSON.parse>>({ bytes }: Answered): Shape {
  return JSON.parse(bytes.toString('utf8'));
}

/** What the tests look at of a policy that was read. */
export interface PolicyRead {
  readonly policy: {
    readonly details: Details;
    readonly secondFactors?: readonly string[];
    readonly multiFactors?: readonly string[];
  };
  readonly isDefault?: boolean;
}

/** What the tests look at of the answer to a change. */
export interface Changed {
  readonly details: Details;
}

interface Details {
  readonly sequence: string;
  readonly resourceOwner: string;
}

/** The sentence of a refusal. */
export function sentence(answer: Answered): string {
  const { details } = json<{ readonly details: readonly { readonly message: string }[] }>(answer);
  return details[0]?.message ?? '';
}

/** Tries to sign in. */
export function trySignIn(url: string, name: string, password: string): Promise<Answered> {
  return call(url, '/iam/v1/session', { verb: 'POST', body: { name, password } });
}

/** Signs in, and answers with the headers that a browser on our page sends from then on. */
export async function signIn(
  { url, users }: Quickstart,
  who: 'owner' | 'viewer',
): Promise<{ readonly cookie: string; readonly 'sec-fetch-site': string }> {
  const answer = await trySignIn(url, users[who].name, users[who].password);
  if (answer.status !== 200) throw new Error(`${who} could not sign in: ${answer.bytes.toString('utf8')}`);
  return { cookie: cookieIn(answer).split(';')[0] ?? '', 'sec-fetch-site': 'same-origin' };
}

/** The cookie an answer sets, with its attributes. */
export function cookieIn({ headers }: Answered): string {
  return headers['set-cookie']?.[0] ?? '';
}

/** Acknowledges what a change would lock out, all users among it. */
export const ANY_LOCK_OUT = 'no-factor-left, no-way-to-sign-in, census-unknown, users-locked-out=1000000';

/** The header of a machine's token. */
export function bearer(token: string): { readonly authorization: string } {
  return { authorization: `Bearer ${token}` };
}
