import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import type { ApiError } from '../errors/api-error.js';
import type { Exchange, Protocol } from '../server/exchange.js';
import { percentEncoded } from './grpc-status.js';

/** As gRPC numbers it. */
const DEFECT = '13';
const IN_TRAILERS = 0x80;

/** An answer of connect-es whose body is collected: all that is served is unary. */
export interface CollectedAnswer extends Omit<UniversalServerResponse, 'body'> {
  readonly bytes: Buffer;
}

/** Collects an answer; only then its trailers are there. */
export async function collected({ body, ...answer }: UniversalServerResponse): Promise<CollectedAnswer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body ?? []) chunks.push(chunk);
  return { ...answer, bytes: Buffer.concat(chunks) };
}

/** Whether an answer says, in one of the three protocols, that something unexpected went wrong. */
export function saysDefect({ bytes, status, trailer }: CollectedAnswer): boolean {
  if (status === 500 || trailer?.get('grpc-status') === DEFECT) return true;
  // Over gRPC-Web a refusal is a frame of trailers and nothing else.
  return bytes[0] === IN_TRAILERS && bytes.includes(`grpc-status: ${DEFECT}\r\n`);
}

/** Sends what connect-es answered. */
export function sendCollected(
  exchange: Exchange,
  { bytes, header, status, trailer }: CollectedAnswer,
  error: ApiError | undefined,
): void {
  const headers = { ...exchange.answerHeaders(), ...plain(header) };
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
