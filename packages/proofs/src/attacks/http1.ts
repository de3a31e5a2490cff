import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { anyHost, untilClosedOrTimeout, answerWaitMs, type Attack } from './attack.js';
import { restCall, RPC_TYPES, rpcCall, type Call } from './calls.js';
import type { Caller } from './callers.js';
import { damaged, type Chance } from './chance.js';
import { oddHeaders } from './headers.js';
import type { Answer } from './answer-check.js';

const VERBS = [
  'GET',
  'HEAD',
  'POST',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PRI',
  'get',
  'M-SEARCH',
  'X'.repeat(2000),
  'QUERY',
  '',
];
const VERSIONS = ['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.2', 'http/1.1', ''];

const TARGETS: readonly ((path: string) => string)[] = [
  (path) => `http://theirs.test${path}`,
  (path) => `HTTP://ours.test:80${path}`,
  (path) => `/${path}`,
  (path) => `${path}/`,
  (path) => `${path}?asOf=1&asOf=x&limit=9&__proto__=1`,
  (path) => `${path}?asOf=${'1'.repeat(5000)}`,
  (path) => `${path}%00%2e%2e%2f`,
  (path) => `${path}/../../../iam.json`,
  (path) => path.replaceAll('/', '//'),
  (path) => path.replace('admin', 'management'),
  (path) => `${path}#x`,
  (path) => `${path}\u00ff%ff%`,
  () => '*',
  () => '/',
  () => 'ours.test:80',
  () => `/${'x'.repeat(17_000)}`,
];

/** Malformed header lines. */
const MALFORMED_LINES: readonly string[] = [
  'content-length: 3',
  'content-length: 0',
  'content-length: -1',
  'content-length: 99999999999999999999',
  'content-length: 5, 5',
  'transfer-encoding: chunked',
  'transfer-encoding: identity',
  'transfer-encoding: xchunked',
  'transfer-encoding: chunked, chunked',
  'transfer-encoding:\tchunked',
  'transfer-encoding : chunked',
  'Transfer-Encoding: gzip, chunked',
  'connection: close, content-length',
  'connection: upgrade',
  'upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA',
  'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-key: x',
  'host: theirs.test',
  'no colon',
  ': no name',
  ' folded: x',
  'a: b\u0000c',
  'a: b\rc',
  `a: ${'x'.repeat(17_000)}`,
  'a: b\r\n'.repeat(1500).trimEnd(),
  'expect: 200-ok',
  'te: trailers, chunked;q=0',
];

/** How the length of a body is declared, and its bytes. */
type BodyFraming = (body: Buffer, chance: Chance) => readonly [line: string, sent: Buffer];

const sized: BodyFraming = (body) => [`content-length: ${body.length}`, body];
const BODY_FRAMINGS: readonly BodyFraming[] = [
  ...[sized, sized, sized, sized],
  (body, chance) => ['transfer-encoding: chunked', chunked(chance.split(body, 5))],
  (body, chance) => ['transfer-encoding: chunked', damaged(chunked(chance.split(body, 5)), chance)],
  (body) => ['transfer-encoding: chunked', Buffer.concat([Buffer.from('fffffffffffffffff\r\n'), body])],
  (body) => ['transfer-encoding: chunked', Buffer.concat([Buffer.from(`1;${'x'.repeat(20_000)}\r\n`), body])],
  (body) => [`content-length: ${body.length}\r\ntransfer-encoding: chunked`, chunked([body])],
  (body, chance) => [`content-length: ${Math.max(0, body.length + chance.below(9) - 4)}`, body],
  // What follows an empty body is the next request for a server that uses the length, and the body for one that does
  // not.
  (body) => ['content-length: 0', Buffer.concat([body, SMUGGLED])],
  (body) => ['content-length: 4\r\ntransfer-encoding: chunked', Buffer.concat([chunked([]), body, SMUGGLED])],
];
const SMUGGLED = Buffer.from('DELETE /admin/v1/policies/login/multi_factors/1 HTTP/1.1\r\nhost: ours.test\r\n\r\n');

function chunked(pieces: readonly Buffer[]): Buffer {
  const parts = pieces
    .filter(({ length }) => length > 0)
    .flatMap((piece) => [`${piece.length.toString(16)}\r\n`, piece, '\r\n']);
  return Buffer.concat([...parts, '0\r\n\r\n'].map((part) => Buffer.from(part)));
}

function request({ body, headers, path, verb }: Call, { headers: callerHeaders }: Caller, chance: Chance): Buffer {
  const isOdd = chance.oneIn(3);
  const [line, sent] = (isOdd ? chance.pick(BODY_FRAMINGS) : sized)(body, chance);
  const target = isOdd && chance.oneIn(3) ? chance.pick(TARGETS)(path) : path;
  const all = { host: anyHost(chance), 'x-request-id': crypto.randomUUID(), ...callerHeaders, ...headers };
  const lines = [...Object.entries(all), ...oddHeaders(chance)].map(([name, value]) => `${name}: ${value}`);
  const odd = isOdd ? chance.some(MALFORMED_LINES, 2) : [];
  const version = isOdd && chance.oneIn(6) ? chance.pick(VERSIONS) : 'HTTP/1.1';
  const first = `${isOdd && chance.oneIn(5) ? chance.pick(VERBS) : verb} ${target} ${version}`;
  const head = Buffer.from([first, ...lines, ...odd, line, '', ''].join('\r\n'), 'latin1');
  return Buffer.concat([head, sent]);
}

/** One to four requests on one connection: whole, malformed, in pieces, slow, or cut off. */
export const http1: Attack = async ({ anyCaller, chance, port, check }) => {
  const caller = anyCaller(chance);
  const calls = Array.from({ length: 1 + chance.below(4) }, () =>
    chance.oneIn(2) ? restCall(chance) : rpcCall(chance.pick(RPC_TYPES), chance),
  );
  check.countRequests(calls.length);
  const whole = Buffer.concat(calls.map((call) => request(call, caller, chance)));
  const bytes = chance.oneIn(6) ? damaged(whole, chance) : whole;
  for (const answer of answersIn(await exchange(port, bytes, chance))) check.checkAnswer(answer, caller);
};

/** Many connections that send nothing. */
export const silence: Attack = async ({ port }) => {
  const sockets = Array.from({ length: 50 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await pause(answerWaitMs());
  for (const socket of sockets) socket.destroy();
};

async function exchange(port: number, bytes: Buffer, chance: Chance): Promise<string> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined);
  const isReader = !chance.oneIn(12);
  if (isReader) socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const pieces = chance.oneIn(3) ? chance.split(bytes, 6) : [bytes];
  const isBrokenOff = chance.oneIn(8);
  await sendAll(socket, isBrokenOff ? pieces.slice(0, 1 + chance.below(pieces.length)) : pieces, chance.below(15));
  if (isBrokenOff && chance.oneIn(2)) socket.resetAndDestroy();
  else if (isBrokenOff) socket.destroy();
  else if (chance.oneIn(3)) socket.end();
  await untilClosedOrTimeout(socket);
  socket.destroy();
  return Buffer.concat(chunks).toString('latin1');
}

async function sendAll(socket: Socket, pieces: readonly Buffer[], gapMs: number): Promise<void> {
  for (const [index, piece] of pieces.entries()) {
    if (index > 0) await pause(gapMs);
    if (socket.destroyed) return;
    socket.write(piece);
  }
}

/** The answers on a connection. No body contains such a line. */
function answersIn(text: string): readonly Answer[] {
  const answers = text.split(/(?=HTTP\/1\.1 \d{3} [^\r\n]*\r\n)/);
  return answers
    .map((answer) => ({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0), text: answer }))
    .filter(({ status }) => status >= 200);
}
