import type { Lane } from '../lanes.js';
import { callOf } from './http2-frames.js';
import { FACTOR_MESSAGE, RPC } from './rpc.js';

/** The removal of the multi-factor, and its addition. */
export function grpcCalls(lane: Lane): readonly Buffer[] {
  return [call(RPC.remove, lane, FACTOR_MESSAGE), call(RPC.add, lane, FACTOR_MESSAGE)];
}

/** A read, a refusal and a stranger: nothing is written by them. */
export function harmlessCalls(lane: Lane): readonly Buffer[] {
  const stranger = { ...lane, token: 'a-token-that-nobody-has' };
  return [
    call(RPC.read, lane, Buffer.alloc(5)),
    call(RPC.add, lane, FACTOR_MESSAGE),
    call(RPC.remove, stranger, FACTOR_MESSAGE),
  ];
}

function call(path: string, { host, token }: Lane, message: Buffer): Buffer {
  const headers = {
    ':method': 'POST',
    ':scheme': 'http',
    ':path': path,
    ':authority': host,
    'content-type': 'application/grpc',
    te: 'trailers',
    'user-agent': 'bench',
    'grpc-timeout': '10S',
    authorization: `Bearer ${token}`,
  };
  return callOf(headers, message);
}
