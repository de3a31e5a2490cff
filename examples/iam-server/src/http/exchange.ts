import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { isIPv6 } from 'node:net';
import { requestHeaders, targetOf, type NodeRequest, type NodeResponse, type RequestHeaders } from '@login-policy/api';
import type { z } from 'zod';
import { badBody, type Refusal } from './refusal.js';

/** The largest passkey answer, with the largest kind of key, is 6 KB. */
const LARGEST_BODY = 16_384;

/** The common interface of HTTP/1.1 and HTTP/2 responses, which their types do not express. */
export interface Response {
  readonly headersSent: boolean;
  readonly statusCode: number;
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  readonly writableLength: number;
  setHeader(name: string, value: string): unknown;
  once(event: 'close', listener: () => void): unknown;
  writeHead(status: number, headers?: OutgoingHttpHeaders): unknown;
  write(text: string): unknown;
  end(body?: string | Uint8Array): unknown;
  destroy(): unknown;
}

/** One request and its one answer. */
export interface Exchange {
  readonly request: NodeRequest;
  readonly response: Response;
  /** Calls back once when nothing more can be sent, at once if that is the case already. */
  readonly onGone: (listener: () => void) => void;
  readonly headers: RequestHeaders;
  /** The request's id, or a new one. It is returned to the caller and logged. */
  readonly requestId: string;
  readonly verb: string;
  /** Without the query. */
  readonly path: string;
  /** The part after the `?`; empty without one. */
  readonly query: string;
}

/** Wraps a request and response of Node. */
export function exchangeOf(request: NodeRequest, response: NodeResponse): Exchange {
  const { headers, method = 'GET', url: target = '/' } = request;
  const { url } = targetOf(target);
  const mark = url.indexOf('?');
  const given = headers['x-request-id'];
  return {
    request,
    response,
    onGone: (listener) => onGone(request, response, listener),
    headers: requestHeaders(request),
    requestId: typeof given === 'string' && /^[\x21-\x7e]{1,200}$/.test(given) ? given : randomUUID(),
    verb: method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
  };
}

function onGone(request: NodeRequest, response: NodeResponse, listener: () => void): void {
  // A response that has ended is detached from its socket.
  const socket = 'stream' in response ? undefined : request.socket;
  if ('stream' in response ? response.stream.destroyed : request.socket.destroyed) {
    listener();
    return;
  }
  const tell = (): void => {
    response.off('close', tell);
    socket?.off('close', tell);
    listener();
  };
  response.once('close', tell);
  // In HTTP/1.1, a response that waits behind another is not told that the connection closed.
  socket?.setMaxListeners(0).once('close', tell);
}

/** The source of a request, for counting password guesses: its address, or for IPv6 the network of a household. */
export function networkOf({ headers, request }: Exchange, isBehindProxy: boolean): string {
  const peer = request.socket?.remoteAddress ?? '';
  // The last entry was written by the proxy itself; earlier ones may be forged.
  const address = (isBehindProxy && headers.get('x-forwarded-for')?.split(',').at(-1)?.trim()) || peer;
  return networkIn(address);
}

/** The network of an address, which a proxy may have written with a port. */
export function networkIn(address: string): string {
  const plain = address.replace(/^(?:\[(.*)\]|([\d.]+))(?::\d+)?$/, '$1$2').replace(/^::ffff:/i, '');
  if (!isIPv6(plain)) return plain;
  const [before = [], after] = plain.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  // `::` stands for groups of zeros, which belong to the network or to the host.
  const zeros = after === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...(after ?? [])].slice(0, 4).join(':')}::/64`;
}

/** Answers with JSON. */
export function sendJson({ response }: Exchange, body: object, headers: OutgoingHttpHeaders = {}): void {
  send(response, { status: 200, headers, body });
}

/** Answers 204. */
export function sendNothing({ response }: Exchange, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(204, headers);
  response.end();
}

/** Answers with a refusal, in the format of the API's errors. */
export function sendRefusal({ request, response }: Exchange, { body, content }: Refusal): void {
  const { headers = {}, isLast, status } = content;
  // HTTP/2 does not have this header; only the stream ends.
  const isClosing = isLast === true && request.httpVersionMajor === 1;
  send(response, { status, headers: isClosing ? { ...headers, connection: 'close' } : headers, body });
}

/** Reads a small JSON body and parses it. @throws Refusal when it does not match the schema. */
export async function readJson<Body>({ request, headers }: Exchange, schema: z.ZodType<Body>): Promise<Body> {
  const type = headers.get('content-type') ?? '';
  if (!/^application\/json(;|$)/i.test(type)) throw badBody(415, 'The body must be of type application/json.');
  const parsed = schema.safeParse(jsonOf(await textOf(request)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badBody(400, `The body is not right: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unknown'}.`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badBody(400, 'The body is not JSON.');
  }
}

async function textOf(request: NodeRequest): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      if (!(chunk instanceof Uint8Array)) continue;
      size += chunk.length;
      if (size > LARGEST_BODY) break;
      chunks.push(chunk);
    }
  } catch {
    // The client left, which each version of HTTP reports in its own way. That is not a failure.
    throw badBody(400, 'The request ended before it was complete.');
  }
  if (size > LARGEST_BODY) throw badBody(413, `The body is larger than ${LARGEST_BODY} bytes.`);
  return Buffer.concat(chunks).toString('utf8');
}

interface Sent {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: object;
}

function send(response: Response, { status, headers, body }: Sent): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, { ...type, ...headers });
  response.end(text);
}
