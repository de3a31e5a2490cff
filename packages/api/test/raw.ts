import {
  connect as connectHttp2,
  type ClientHttp2Session,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';
import { connect, type Socket } from 'node:net';
import { ROOT } from './service.js';

/** What came back over a plain socket, and that the server closed it. */
export async function talk(port: number, pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  const answer = received(socket);
  for (const piece of pieces) {
    await new Promise<void>((resolve) => {
      socket.write(piece, () => setImmediate(resolve));
    });
  }
  return answer;
}

/** All that comes over a socket until it closes. */
export function received(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    const done = (): void => resolve(Buffer.concat(chunks).toString('latin1'));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', done).on('close', done);
  });
}

export interface RawAnswer {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
  readonly body: Buffer;
  /** The code the stream was closed with. */
  readonly closedWith: number | undefined;
}

/** A session of HTTP/2 by hand. */
export function session(url: string, options: SecureClientSessionOptions = {}): ClientHttp2Session {
  const opened = connectHttp2(url, options);
  opened.on('error', () => undefined);
  return opened;
}

/** One call over HTTP/2 by hand. `body` undefined leaves the stream open. */
export function ask(
  on: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  body: Uint8Array | undefined,
): Promise<RawAnswer> {
  return new Promise((resolve) => {
    const stream = on.request({ ':method': 'POST', ...headers }, { endStream: false });
    const chunks: Uint8Array[] = [];
    let answered: Readonly<Record<string, unknown>> = {};
    let trailers: Readonly<Record<string, unknown>> = {};
    stream.on('response', (given) => {
      answered = given;
    });
    stream.on('trailers', (given) => {
      trailers = given;
    });
    stream.on('data', (chunk: Uint8Array) => chunks.push(chunk)).on('error', () => undefined);
    stream.on('close', () =>
      resolve({ headers: answered, trailers, body: Buffer.concat(chunks), closedWith: stream.rstCode }),
    );
    if (body !== undefined) stream.end(body);
  });
}

/** The headers of a gRPC call. */
export function grpc(path: string, more: OutgoingHttpHeaders = {}): OutgoingHttpHeaders {
  return {
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
    authorization: `Bearer ${ROOT}`,
    ...more,
  };
}

/** A message in its frame. */
export function framed(message: Uint8Array, flags = 0): Uint8Array {
  const head = Buffer.alloc(5);
  head.writeUInt8(flags, 0);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Bytes as a text of base64. */
export function base64(bytes: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(bytes).toString('base64'));
}
