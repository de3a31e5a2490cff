import { randomUUID } from 'node:crypto';
import type { OutgoingHttpHeaders } from 'node:http';
import { isIPv6 } from 'node:net';
import { targetOf, type NodeRequest, type NodeResponse, type RequestHeaders } from '@login-policy/api';
import type { z } from 'zod';
import { badBody, type Refusal } from './refusal.js';

/** A passkey of the largest kind of key comes in 6 KB. */
const LARGEST_BODY = 16_384;

/** What the responses of HTTP/1.1 and HTTP/2 have in common, in the one form that their types don't say. */
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
  /** Tells, once, that nothing can be sent any more: at once when that is so already. */
  readonly onGone: (listener: () => void) => void;
  readonly headers: RequestHeaders;
  /** The id the request came with, or one of its own: it is told to the caller, and stands in the log. */
  readonly requestId: string;
  readonly verb: string;
  /** Without the query. */
  readonly path: string;
  /** What stands behind the `?`; empty for nothing. */
  readonly query: string;
}

/** Takes a request and its response of Node's. */
export function exchangeOf(request: NodeRequest, response: NodeResponse): Exchange {
  const { headers, method = 'GET', url: target = '/' } = request;
  const { authority, url } = targetOf(target);
  const mark = url.indexOf('?');
  const given = headers['x-request-id'];
  return {
    request,
    response,
    onGone: (listener) => onGone(request, response, listener),
    headers: {
      get(name) {
        // HTTP/2 names the host in a header of its own.
        const value = name === 'host' ? (headers[':authority'] ?? authority ?? headers.host) : headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
    },
    requestId: typeof given === 'string' && /^[\x21-\x7e]{1,200}$/.test(given) ? given : randomUUID(),
    verb: method,
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? '' : url.slice(mark + 1),
  };
}

function onGone(request: NodeRequest, response: NodeResponse, listener: () => void): void {
  // A response that is over lets go of its socket.
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
  // Over HTTP/1.1, a response that waits behind another on its connection does not hear that the connection closed.
  socket?.setMaxListeners(0).once('close', tell);
}

/** Where a request comes from, as one who guesses passwords has it: an address, of IPv6 the network that one household has. */
export function networkOf({ headers, request }: Exchange, isBehindProxy: boolean): string {
  const peer = request.socket?.remoteAddress ?? '';
  // The last one is what the proxy itself has seen; what stands before anybody may have written.
  const address = (isBehindProxy && headers.get('x-forwarded-for')?.split(',').at(-1)?.trim()) || peer;
  const plain = address.replace(/^::ffff:/, '');
  return isIPv6(plain) ? `${plain.split(':').slice(0, 4).join(':')}::/64` : plain;
}

/** Answers with JSON. */
export function sendJson({ response }: Exchange, body: object, headers: OutgoingHttpHeaders = {}): void {
  send(response, { status: 200, headers, body });
}

/** Answers that it is done, and that there is nothing to say. */
export function sendNothing({ response }: Exchange, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(204, headers);
  response.end();
}

/** Answers a refusal, in the shape the API's errors have. */
export function sendRefusal({ request, response }: Exchange, { body, content }: Refusal): void {
  const { headers = {}, isLast, status } = content;
  // HTTP/2 has no such header: there only the stream ends.
  const isClosing = isLast === true && request.httpVersionMajor === 1;
  send(response, { status, headers: isClosing ? { ...headers, connection: 'close' } : headers, body });
}

/** Reads a small body of JSON and takes it apart. @throws Refusal when it is not what the schema says. */
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
    // The client went away, and each version of HTTP says so in its own way; that is nobody's failure.
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
