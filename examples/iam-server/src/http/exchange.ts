import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestHeaders } from '@login-policy/api';
import type { z } from 'zod';
import { codeOf } from '../data/private-file.js';
import { badBody, type Refusal } from './refusal.js';

const LARGEST_BODY = 4096;

/** One request and its one answer. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headers: RequestHeaders;
  readonly verb: string;
  /** Without the query. */
  readonly path: string;
}

/** Takes a request and its response of Node's. */
export function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  const { headers, method = 'GET', url = '/' } = request;
  const mark = url.indexOf('?');
  return {
    request,
    response,
    headers: {
      get(name) {
        const value = headers[name];
        return Array.isArray(value) ? value.join(', ') : value;
      },
    },
    verb: method,
    path: mark === -1 ? url : url.slice(0, mark),
  };
}

/** Answers with JSON. */
export function sendJson({ response }: Exchange, body: object, headers: Readonly<Record<string, string>> = {}): void {
  send(response, { status: 200, headers, body });
}

/** Answers a refusal, in the shape the API's errors have. */
export function sendRefusal({ response }: Exchange, { content }: Refusal): void {
  const { code, id, sentence, status, headers = {} } = content;
  send(response, {
    status,
    headers,
    body: { code, message: `${sentence} (${id})`, details: [{ id, message: sentence }] },
  });
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
    throw badBody(400, 'The body is no JSON.');
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of request) {
      if (!(chunk instanceof Uint8Array)) continue;
      size += chunk.length;
      if (size > LARGEST_BODY) throw badBody(413, `The body is larger than ${LARGEST_BODY} bytes.`);
      chunks.push(chunk);
    }
  } catch (caught) {
    // The client went away; that is nobody's failure.
    if (codeOf(caught) === 'ECONNRESET') throw badBody(400, 'The request ended before it was complete.');
    throw caught;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(
  response: ServerResponse,
  {
    status,
    headers,
    body,
  }: { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: object },
): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  const type = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, { ...type, ...headers }).end(text);
}
