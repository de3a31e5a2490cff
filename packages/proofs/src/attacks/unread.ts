import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { availableParallelism, loadavg } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { paced } from '@login-policy/testkit';
import { OURS, READER } from './fixtures.js';
import type { Target } from './target.js';

/** Clients that send requests and read no answers. */
export interface UnreadLoad {
  /** The total size of the requested answers. */
  readonly requested: string;
  /** Resolves when all is sent, to a function that ends them. */
  readonly begin: (port: number) => Promise<() => void>;
}

const CONNECTIONS = 500;
const PIPELINED_BYTES = 65_536;
const SESSIONS = 10;
const CALLS = 100;
const READERS = 20;

/** Pipelined requests whose answers are not read. */
const pipelines: UnreadLoad = {
  requested: `${CONNECTIONS} connections of HTTP/1.1 with ${PIPELINED_BYTES} bytes of requests each`,
  begin: (port) => {
    const request = 'GET /openapi.json HTTP/1.1\r\nhost: ours.test\r\n\r\n';
    const requests = request.repeat(Math.floor(PIPELINED_BYTES / request.length));
    return silentSockets(port, { count: CONNECTIONS, text: requests });
  },
};

/** HTTP/2 calls with a window of zero. */
const windows: UnreadLoad = {
  requested: `${SESSIONS * CALLS} calls of HTTP/2 whose window is 0`,
  async begin(port) {
    const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => silentSession(port)));
    return () => {
      for (const session of sessions) session.destroy();
    };
  },
};

/** A long history, requested by permitted callers and not read. */
const readers: UnreadLoad = {
  requested: `${READERS} readers of a whole history`,
  begin: (port) => {
    const head = `GET /admin/v1/policies/login/history?limit=10000 HTTP/1.1\r\nhost: ${OURS.host}\r\n`;
    return silentSockets(port, { count: READERS, text: `${head}authorization: Bearer ${READER.token}\r\n\r\n` });
  },
};

const UNREAD_LOADS: readonly UnreadLoad[] = [pipelines, windows, readers];

async function silentSockets(
  port: number,
  { count, text }: { readonly count: number; readonly text: string },
): Promise<() => void> {
  const sockets = await Promise.all(Array.from({ length: count }, () => silentSocket(port, text)));
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}

async function silentSocket(port: number, text: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').pause();
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(text);
  return socket;
}

async function silentSession(port: number): Promise<ClientHttp2Session> {
  const session = connectHttp2(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 0 } });
  session.on('error', () => undefined);
  await once(session, 'remoteSettings');
  for (let call = 0; call < CALLS; call++)
    session
      .request({ ':path': '/openapi.json', ':authority': OURS.host })
      .on('error', () => undefined)
      .end();
  return session;
}

/** How long the memory of a server is watched. */
const OBSERVED_MS = 2000;
const MOST_HELD = 48_000_000;
const MOST_WAITED_MS = 1000;

/**
 * Requests much and reads nothing: in each way on its own server, then in all ways at once. Prints the results.
 *
 * @throws Error when a server ends, grows too much, or delays the next client.
 */
export async function leaveUnread(start: () => Promise<Target>): Promise<void> {
  for (const loads of [...UNREAD_LOADS.map((load) => [load]), UNREAD_LOADS]) {
    const target = await start();
    try {
      await measureUnread(target, loads);
      target.demandAlive();
    } finally {
      await target.kill();
    }
  }
}

/** The number of processes per core: waits are that much longer for reasons outside of the server. */
function processesPerCore(): number {
  return Math.max(1, (loadavg()[0] ?? 1) / availableParallelism());
}

async function measureUnread(target: Target, loads: readonly UnreadLoad[]): Promise<void> {
  const before = await target.memory();
  let [bytes, rss] = [0, 0];
  const next = new Worker(new URL('next-client.js', import.meta.url), { workerData: target.port });
  const reported = once(next, 'message');
  const starting = Promise.all(loads.map(({ begin }) => begin(target.port)));
  const began = performance.now();
  while (performance.now() - began < OBSERVED_MS) {
    const now = await target.memory();
    bytes = Math.max(bytes, now.inUse - before.inUse);
    rss = Math.max(rss, now.rss - before.rss);
    await pause(200);
  }
  next.postMessage('enough');
  const [waitedMs] = (await reported).map(Number);
  for (const end of await starting) end();
  const requested = loads.map((load) => load.requested).join(', and ');
  const figures = [bytes, rss].map((count) => (count / 1e6).toFixed(1));
  console.log(
    `unread  ${requested}: ${figures[0]} MB held (${figures[1]} MB resident), next client after ${waitedMs?.toFixed(0)} ms`,
  );
  if (loads.length === 1 && bytes > MOST_HELD)
    throw new Error(`it holds ${bytes} bytes more than before with ${requested}`);
  if (waitedMs === undefined || waitedMs > paced(MOST_WAITED_MS) * processesPerCore())
    throw new Error(`a fresh client waited ${waitedMs} ms with ${requested}`);
}
