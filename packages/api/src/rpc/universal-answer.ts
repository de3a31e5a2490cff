import { Code } from '@connectrpc/connect';
import type { UniversalServerResponse } from '@connectrpc/connect/protocol';
import { codeToHttpStatus } from '@connectrpc/connect/protocol-connect';
import type { Exchange, Protocol } from '../server/exchange.js';

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

/** The code an answer refuses with, in one of the three protocols; `undefined` for what a method answered. */
export function refusalCode({ bytes, status, trailer }: CollectedAnswer): Code | undefined {
  const inTrailers = trailer?.get('grpc-status') ?? null;
  if (inTrailers !== null) return inTrailers === '0' ? undefined : Number(inTrailers);
  // Over gRPC-Web a refusal is a frame of trailers and nothing else.
  if (bytes[0] === IN_TRAILERS) return Number(/grpc-status: (\d+)/.exec(bytes.toString('latin1'))?.[1] ?? Code.Unknown);
  if (status === 200) return undefined;
  return (
    [Code.ResourceExhausted, Code.DeadlineExceeded].find((code) => codeToHttpStatus(code) === status) ?? Code.Unknown
  );
}

/** Sends what a method answered. */
export function sendCollected(exchange: Exchange, { bytes, header, status, trailer }: CollectedAnswer): void {
  const headers = { ...exchange.answerHeaders(), ...plain(header) };
  if (trailer === undefined) exchange.send({ status, headers, body: bytes });
  else exchange.sendWithTrailers({ headers, body: bytes, trailers: plain(trailer) });
  exchange.answered(protocolOf(exchange), status, undefined);
}

function plain(headers: Headers | undefined): Readonly<Record<string, string>> {
  return headers === undefined ? {} : Object.fromEntries(headers.entries());
}

function protocolOf({ headers }: Exchange): Protocol {
  const type = headers.get('content-type') ?? '';
  if (type.startsWith('application/grpc-web')) return 'grpc-web';
  return type.startsWith('application/grpc') ? 'grpc' : 'connect';
}
