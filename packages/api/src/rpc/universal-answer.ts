import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import type { ApiError } from '../errors/api-error.js';
import type { Exchange, Protocol } from '../server/exchange.js';
import { percentEncoded } from './grpc-status.js';

/** Sends what connect-es answered. All that is served is unary, so the body is collected first. */
export async function sendUniversal(
  exchange: Exchange,
  { status, header, body, trailer }: UniversalServerResponse,
  error: ApiError | undefined,
): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  const headers = { ...exchange.answerHeaders(), ...plain(header) };
  const bytes = Buffer.concat(chunks);
  if (trailer === undefined) exchange.send({ status, headers, body: bytes });
  else exchange.sendWithTrailers({ headers, body: bytes, trailers: trailersOf(trailer) });
  exchange.answered(protocolOf(exchange), status, error);
}

/**
 * connect-es escapes all of a `grpc-message` that a URI would have escaped; clients that undo only what gRPC asks for
 * (grpc-js) would show `%3A` for a colon.
 */
function trailersOf(trailer: Headers): Readonly<Record<string, string>> {
  const trailers = plain(trailer);
  const message = trailers['grpc-message'];
  if (message === undefined) return trailers;
  return { ...trailers, 'grpc-message': percentEncoded(decodeURIComponent(message)) };
}

function plain(headers: Headers | undefined): Readonly<Record<string, string>> {
  return headers === undefined ? {} : Object.fromEntries(headers.entries());
}

function protocolOf({ headers }: Exchange): Protocol {
  const type = headers.get('content-type') ?? '';
  if (type.startsWith('application/grpc-web')) return 'grpc-web';
  return type.startsWith('application/grpc') ? 'grpc' : 'connect';
}
