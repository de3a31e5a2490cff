import { openPort, type CloseOptions, type OnRequest, type OpenPort } from '@login-policy/api';
import { CannotStart } from '../config.js';
import { codeOf } from '../data/private-file.js';
import type { KeyAndCertificate } from './tls-files.js';

/** What is listened on. */
export interface PortChoice {
  readonly host: string;
  /** Tried one after the other. */
  readonly ports: readonly number[];
  readonly tls: KeyAndCertificate | undefined;
}

/** A port that was taken before there is anything to answer with. */
export interface TakenPort {
  readonly url: string;
  /** Begins to answer; requests that came before have waited. */
  readonly serve: (onRequest: OnRequest) => void;
  readonly close: (options?: CloseOptions) => Promise<void>;
}

type Request = Parameters<OnRequest>;

/** Where a server that listens on all addresses is found from the same machine. */
const ALL_ADDRESSES: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '[::]': '[::1]' };

/** Takes the first of the ports that can be had. @throws CannotStart when none can. */
export async function takeFirstFree(choice: PortChoice): Promise<TakenPort> {
  const early: Request[] = [];
  let answer: OnRequest = (...request) => early.push(request);
  const { close, url } = await openFirst((...request) => answer(...request), choice);
  return {
    url: reachable(url),
    serve(onRequest) {
      answer = onRequest;
      for (const request of early.splice(0)) onRequest(...request);
    },
    close,
  };
}

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

/** Why a place can't be listened on, as a sentence. */
function cannotListen(place: string, cause: unknown): CannotStart {
  const code = codeOf(cause) ?? '';
  return new CannotStart(`${place} can't be listened on: ${REASONS[code] ?? code}.`, { cause });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program does',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such host',
  EACCES: 'this user is not allowed to',
};
