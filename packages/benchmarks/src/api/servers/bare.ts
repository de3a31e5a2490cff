import { createServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { closing, listening, type OpenServer } from './server.js';

/** The headers of a granted command, as long as those of ours: what every bare server answers. */
export const HEADERS: Readonly<Record<string, string>> = {
  'x-request-id': '0b5e1f0c-3f0e-4c43-9d53-5b0c1a6d2f11',
  etag: '"123"',
  'login-policy-position': '12345',
};
/** Its body. */
export const BODY: string =
  '{"details":{"sequence":"123","creationDate":"2026-11-25T03:30:00.123Z","changeDate":"2026-11-25T03:30:01.456Z","resourceOwner":"696290239064880000"}}';
const MESSAGE = Buffer.from(
  '000000002a0a28087b120c0894a1b3c9061080d0acae01' +
    '1a0c0894a1b3c9061080d0acae0122123639363239303233393036343838303030',
  'hex',
);

/** node:http alone: looks at nothing, and answers the bytes of a granted command. */
export async function openBareHttp(): Promise<OpenServer> {
  const length = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(BODY) };
  const server = createServer((_, response) => {
    response.writeHead(200, { ...HEADERS, ...length });
    response.end(BODY);
  });
  return { port: await listening(server), written: nothing, close: () => closing(server) };
}

/** node:http2 alone, by streams: looks at nothing, and answers the bytes of a granted command. */
export async function openBareHttp2(): Promise<OpenServer> {
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': '' }));
    stream.respond({ ':status': 200, ...HEADERS, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.end(MESSAGE);
    stream.resume();
  });
  return { port: await listening(server), written: nothing, close: () => closing(server) };
}

function nothing(): Promise<undefined> {
  return Promise.resolve(undefined);
}
