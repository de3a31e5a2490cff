import { openPort, type CloseOptions, type OnRequest, type OpenPort } from '@login-policy/api';
import { CannotStart } from '../config.js';
import { codeOf } from '../data/private-file.js';
import { exchangeOf, sendJson, sendRefusal } from './exchange.js';
import { starting } from './refusal.js';
import type { KeyAndCertificate } from './tls-files.js';

/** The address to listen on. */
export interface PortChoice {
  readonly host: string;
  /** Tried in order. */
  readonly ports: readonly number[];
  readonly tls: KeyAndCertificate | undefined;
}

/** A port that is open before the server is ready. */
export interface TakenPort {
  readonly url: string;
  /** Begins to answer requests. Until then, every request is answered with a notice that the server is starting. */
  readonly serve: (onRequest: OnRequest) => void;
  readonly close: (options?: CloseOptions) => Promise<void>;
}

/** The local address of a server that listens on all addresses. */
const ALL_ADDRESSES: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' };

/** Opens the first available port. @throws CannotStart when none is available. */
export async function takeFirstFree(choice: PortChoice): Promise<TakenPort> {
  let answer: OnRequest = tellThatItStarts;
  const { close, url } = await openFirst((...request) => answer(...request), choice);
  return {
    url: reachable(url),
    serve(onRequest) {
      answer = onRequest;
    },
    close,
  };
}

/** A starting process is alive but not ready. */
const tellThatItStarts: OnRequest = (request, response) => {
  const exchange = exchangeOf(request, response);
  if (exchange.path === '/debug/healthz') sendJson(exchange, {});
  else sendRefusal(exchange, starting());
};

async function openFirst(onRequest: OnRequest, { host, ports, tls }: PortChoice): Promise<OpenPort> {
  for (const port of ports) {
    try {
      return await openPort(onRequest, { port, host, ...(tls !== undefined && { tls }) });
    } catch (caught) {
      if (codeOf(caught) === 'EADDRINUSE' && port !== ports.at(-1)) continue;
      throw cannotListen(`PORT ${port} on HOST ${host}`, caught);
    }
  }
  throw new CannotStart('PORT names no port.');
}

function reachable(url: string): string {
  const { hostname } = new URL(url);
  return url.replace(hostname, ALL_ADDRESSES[hostname] ?? hostname);
}

/** Why an address can't be listened on, as a sentence. */
function cannotListen(place: string, cause: unknown): CannotStart {
  const code = codeOf(cause) ?? '';
  return new CannotStart(`${place} can't be listened on: ${REASONS[code] ?? code}.`, {
    cause,
    remedy: code === 'EADDRINUSE' ? 'start again' : 'mend what is named',
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program does already',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
  EACCES: 'this user is not allowed to',
};
