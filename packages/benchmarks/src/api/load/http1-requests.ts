import type { Lane } from '../lanes.js';
import { FACTOR_MESSAGE, RPC } from './rpc.js';

const POLICY = '/admin/v1/policies/login';
const FACTORS = `${POLICY}/multi_factors`;
const FACTOR = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
const FACTOR_JSON = Buffer.from(JSON.stringify({ type: FACTOR }));
const JSON_TYPE = 'application/json';
const WEB_TYPE = 'application/grpc-web+proto';

/** `DELETE …/multi_factors/{type}` and `POST …/multi_factors`: what the one takes off, the other puts on again. */
export function restRequests(lane: Lane): readonly Buffer[] {
  return [
    request(`DELETE ${FACTORS}/${FACTOR}`, lane),
    request(`POST ${FACTORS}`, lane, { type: JSON_TYPE, body: FACTOR_JSON }),
  ];
}

/** The same two over gRPC-Web. */
export function grpcWebRequests(lane: Lane): readonly Buffer[] {
  const sent = { type: WEB_TYPE, body: FACTOR_MESSAGE };
  return [request(`POST ${RPC.remove}`, lane, sent), request(`POST ${RPC.add}`, lane, sent)];
}

/** Reads and refusals over REST, gRPC-Web and Connect, with and without a good token: nothing is written by them. */
export function harmlessRequests(lane: Lane): readonly Buffer[] {
  const stranger = { ...lane, token: 'a-token-that-nobody-has' };
  return [
    request(`GET ${POLICY}`, lane),
    request(`GET ${POLICY}?asOf=1`, lane),
    request(`POST ${FACTORS}`, lane, { type: JSON_TYPE, body: FACTOR_JSON }),
    request(`DELETE ${FACTORS}/${FACTOR}`, stranger),
    request(`GET ${POLICY}/nothing`, lane),
    request(`POST ${RPC.read}`, lane, { type: WEB_TYPE, body: Buffer.alloc(5) }),
    request(`POST ${RPC.add}`, lane, { type: WEB_TYPE, body: FACTOR_MESSAGE }),
    request(`POST ${RPC.read}`, lane, { type: JSON_TYPE, body: Buffer.from('{}') }),
    request(`POST ${RPC.add}`, lane, { type: JSON_TYPE, body: FACTOR_JSON }),
  ];
}

interface Sent {
  readonly type: string;
  readonly body: Buffer;
}

function request(line: string, { host, token }: Lane, sent?: Sent): Buffer {
  const head = [
    `${line} HTTP/1.1`,
    `host: ${host}`,
    `authorization: Bearer ${token}`,
    'accept: */*',
    'user-agent: bench',
    ...(sent === undefined ? [] : [`content-type: ${sent.type}`, `content-length: ${sent.body.length}`]),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), sent?.body ?? Buffer.alloc(0)]);
}
