import { createServer, type Socket } from 'node:net';
import { protocolServers, type PortServer, type OnRequest } from './protocol-servers.js';
import type { ServerLimits } from './port-limits.js';

/** How HTTP/2 begins; no verb of HTTP/1.1 does. */
const PREFACE = 'PRI';

/** Makes the server of a cleartext port: the first bytes of a connection tell which protocol is spoken. */
export function sniffingServer(onRequest: OnRequest, limits: ServerLimits): PortServer {
  const servers = protocolServers(onRequest, limits);
  const silent = new Set<Socket>();
  const net = createServer(limits.tcp, (socket) => {
    silent.add(socket);
    sniff(socket, limits.firstBytesMs, {
      known: (isHttp2) => servers.handOver(socket, isHttp2),
      settled: () => silent.delete(socket),
    });
  });
  const closeIdle = (): void => {
    servers.h1.closeIdleConnections();
    for (const socket of silent) socket.destroy();
  };
  return { ...servers, net, closeIdle };
}

interface Sniffed {
  readonly known: (isHttp2: boolean) => void;
  /** The socket was handed over, or is gone. */
  readonly settled: () => void;
}

/** Reads until it is certain which protocol is spoken, gives back what it read, and hands the socket over. */
function sniff(socket: Socket, patienceMs: number, { known, settled }: Sniffed): void {
  let head: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), patienceMs);
  const ignore = (): void => undefined;
  const giveUp = (): void => {
    clearTimeout(timer);
    settled();
  };
  const look = (): void => {
    const bytes: unknown = socket.read();
    if (Buffer.isBuffer(bytes)) head = Buffer.concat([head, bytes]);
    const start = head.toString('latin1', 0, PREFACE.length);
    if (start.length < PREFACE.length && PREFACE.startsWith(start)) return;
    giveUp();
    socket.off('readable', look).off('error', ignore).off('close', giveUp);
    socket.unshift(head);
    known(start === PREFACE);
  };
  socket.on('readable', look).on('error', ignore).on('close', giveUp);
}
