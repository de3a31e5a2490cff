import type { Lane } from '../lanes.js';

/** What a lane asks for in turns: what it takes off in one request, it puts on again in the next. */
export type InTurns<Request> = readonly [remove: Request, add: Request];

const FACTORS = '/admin/v1/policies/login/multi_factors';
const FACTOR = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';

/** `DELETE …/multi_factors/{type}` and `POST …/multi_factors`. */
export function restRequests(lane: Lane): InTurns<Buffer> {
  return [
    request(`DELETE ${FACTORS}/${FACTOR}`, lane, {}),
    request(`POST ${FACTORS}`, lane, { type: 'application/json', body: Buffer.from(JSON.stringify({ type: FACTOR })) }),
  ];
}

/** The same two over gRPC-Web. */
export function grpcWebRequests(lane: Lane): InTurns<Buffer> {
  const sent = { type: 'application/grpc-web+proto', body: FACTOR_MESSAGE };
  return [request(`POST ${RPC_PATHS[0]}`, lane, sent), request(`POST ${RPC_PATHS[1]}`, lane, sent)];
}

/** The two methods, as gRPC calls them. */
export const RPC_PATHS: InTurns<string> = [
  '/zitadel.admin.v1.AdminService/RemoveMultiFactorFromLoginPolicy',
  '/zitadel.admin.v1.AdminService/AddMultiFactorToLoginPolicy',
];

/** The request of both methods in its frame: field 1, the factor with the number 1. */
export const FACTOR_MESSAGE: Buffer = Buffer.from([0, 0, 0, 0, 2, 8, 1]);

interface Sent {
  readonly type?: string;
  readonly body?: Buffer;
}

function request(line: string, { host, token }: Lane, { body, type }: Sent): Buffer {
  const head = [
    `${line} HTTP/1.1`,
    `host: ${host}`,
    `authorization: Bearer ${token}`,
    'accept: */*',
    'user-agent: bench',
    ...(type === undefined ? [] : [`content-type: ${type}`]),
    ...(body === undefined ? [] : [`content-length: ${body.length}`]),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body ?? Buffer.alloc(0)]);
}
