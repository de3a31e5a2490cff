import type { Socket } from 'node:net';
import { createServer, type TlsOptions } from 'node:tls';
import { protocolServers, type PortServer, type OnRequest } from './protocol-servers.js';
import type { ServerLimits } from './port-limits.js';

/**
 * Makes the server of a port with TLS: the protocol is agreed on by ALPN, and is HTTP/1.1 for clients that don't speak of it.
 *
 * HTTP/1.1 goes to a server of its own: Node's secure server of HTTP/2 takes it too, but with no time-outs at all.
 */
export function tlsServer(
  onRequest: OnRequest,
  { limits, tls }: { readonly limits: ServerLimits; readonly tls: TlsOptions },
): PortServer {
  const servers = protocolServers(onRequest, limits);
  const options = {
    ...limits.tcp,
    ...tls,
    ALPNProtocols: ['h2', 'http/1.1'],
    handshakeTimeout: limits.firstBytesMs,
  };
  const net = createServer(options, (socket) => servers.handOver(socket, socket.alpnProtocol === 'h2'));
  net.on('tlsClientError', (_: Error, socket: Socket) => socket.destroy());
  return { ...servers, net, closeIdle: () => servers.h1.closeIdleConnections() };
}
