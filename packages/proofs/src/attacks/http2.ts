import { connect, type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { anyHost, answerWaitMs, type Attack, type AttackContext } from './attack.js';
import { restCall, RPC_TYPES, rpcCall, type Call } from './calls.js';
import type { Caller } from './callers.js';
import type { Chance } from './chance.js';
import { oddHeaders } from './headers.js';

const VERBS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'x'];

/** The HTTP/2 headers of a call. */
export function headersOf(
  { headers, path, verb }: Call,
  { headers: callerHeaders }: Caller,
  chance: Chance,
): OutgoingHttpHeaders {
  return {
    ':method': chance.oneIn(12) ? chance.pick(VERBS) : verb,
    ':path': chance.oneIn(20) ? chance.pick(['*', '/', `/${path}`, `${path}?x=%ff`, `${path}\u00ff`]) : path,
    ':authority': anyHost(chance),
    ...{ 'x-request-id': crypto.randomUUID(), ...callerHeaders, ...headers },
    ...Object.fromEntries(oddHeaders(chance)),
  };
}

export function anyCall(chance: Chance): Call {
  return chance.oneIn(4) ? restCall(chance) : rpcCall(chance.pick(RPC_TYPES), chance);
}

/** One to eight concurrent calls on one connection: whole, malformed, in pieces, cut off, and some unread. */
export const http2: Attack = async (on) => {
  const { chance, port, check } = on;
  const settings = chance.oneIn(4) ? { initialWindowSize: chance.pick([0, 1, 100]), headerTableSize: 0 } : {};
  const session = connect(`http://127.0.0.1:${port}`, { settings });
  session.on('error', () => undefined);
  const count = 1 + chance.below(8);
  check.countRequests(count);
  const streams = Array.from({ length: count }, () => runStream(session, on));
  if (chance.oneIn(10)) setTimeout(() => session.destroy(), chance.below(20));
  await Promise.race([Promise.all(streams), pause(answerWaitMs())]);
  session.destroy();
  await Promise.all(streams);
};

/** Makes one call, and resolves when its stream has ended. */
async function runStream(session: ClientHttp2Session, on: AttackContext): Promise<void> {
  const { anyCaller, chance, check } = on;
  const caller = anyCaller(chance);
  const call = anyCall(chance);
  const stream = openStream(session, headersOf(call, caller, chance));
  if (stream === undefined) return;
  const text = textOf(stream);
  const pieces = chance.oneIn(4) ? chance.split(call.body, 4) : [call.body];
  const ending = chance.below(12);
  for (const piece of pieces) {
    if (piece !== pieces[0]) await pause(chance.below(15));
    if (!stream.destroyed) stream.write(piece);
  }
  // Other streams stay open; some are reset right after they are opened.
  if (ending > 1) stream.end();
  else if (ending === 1) stream.close(chance.below(14));
  const { status, received } = await text;
  if (status !== undefined) check.checkAnswer({ status, text: received }, caller);
}

/** Opens a stream; `undefined` for headers that Node's client can't send. */
function openStream(session: ClientHttp2Session, headers: OutgoingHttpHeaders): ClientHttp2Stream | undefined {
  try {
    return session.request(headers, { endStream: false });
  } catch {
    return undefined;
  }
}

function textOf(
  stream: ClientHttp2Stream,
): Promise<{ readonly status: number | undefined; readonly received: string }> {
  const lines: string[] = [];
  const chunks: Buffer[] = [];
  let status: number | undefined;
  const addLines = (headers: object): void => {
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${String(value)}`);
  };
  stream.on('response', (headers) => {
    status = headers[':status'];
    addLines(headers);
  });
  stream.on('trailers', addLines).on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve) => {
    stream.once('close', () => {
      const body = Buffer.concat(chunks).toString('latin1');
      resolve({ status, received: `${lines.join('\r\n')}\r\n\r\n${body}` });
    });
  });
}
