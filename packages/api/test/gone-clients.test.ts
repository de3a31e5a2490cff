import { describe, it } from 'mocha';
import { expect } from 'chai';
import { connect } from 'node:net';
import type { AccessEntry, IsAllowed } from '@login-policy/api';
import { bytesOf, FLAGS, headerBlock, number, opening, untilRead, type Frame } from './http2-bytes.js';
import { framed, grpc, session } from './raw.js';
import { countEvents, openService, ROOT, type Service } from './service.js';

const PATH = '/admin/v1/policies/login';
const BODY = '{"allowRegister":true}';
const authorization = `Bearer ${ROOT}`;
const HEAD = `PUT ${PATH} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\n`;

/** Resets its stream with the code for no error, after which Node ends what is read as if it had come as a whole. */
function byHand(...body: readonly Uint8Array[]): (service: Service) => () => Promise<void> {
  return ({ listening }) => {
    const socket = connect(listening.port, '127.0.0.1');
    const headers = { ':method': 'PUT', ':scheme': 'http', ':path': PATH, ':authority': 'x', authorization };
    const begun = { type: 'headers', flags: FLAGS.endHeaders, stream: 1, payload: headerBlock(headers) } as const;
    socket.write(opening([begun, ...body.map((payload): Frame => ({ type: 'data', stream: 1, payload }))]));
    return () => {
      socket.write(bytesOf({ type: 'reset', stream: 1, payload: number(0) }));
      return untilRead(socket);
    };
  };
}

/** The ways to begin a request; each answers with the way to leave before it is answered. */
const leaving = {
  'HTTP/1.1': (service: Service) => {
    const socket = connect(service.listening.port, '127.0.0.1');
    socket.write(`${HEAD}content-length: ${BODY.length}\r\n\r\n${BODY.slice(0, 9)}`);
    return () => socket.resetAndDestroy();
  },
  'in chunks': (service: Service) => {
    const socket = connect(service.listening.port, '127.0.0.1');
    socket.write(`${HEAD}transfer-encoding: chunked\r\n\r\n${BODY.length.toString(16)}\r\n${BODY}\r\n`);
    return () => socket.resetAndDestroy();
  },
  gRPC: (service: Service) => {
    const on = session(service.url);
    const call = { ':method': 'POST', ...grpc('/zitadel.admin.v1.AdminService/RemoveMultiFactorFromLoginPolicy') };
    const stream = on.request(call).on('error', () => undefined);
    stream.end(framed(Buffer.from([8, 1])));
    return () => {
      stream.close(8);
      on.close();
    };
  },
};

const leavingInPeace = { 'with no body': byHand(), 'with what may be half of one': byHand(Buffer.from('{}')) };

describe('a client that disconnects during authentication', () => {
  it('is not awaited if its body is incomplete, and nothing is written', async () => {
    for (const [way, ask] of Object.entries({ ...leaving, ...leavingInPeace })) await demandNothingWritten(way, ask);
  });
});

async function demandNothingWritten(way: string, ask: (service: Service) => () => unknown): Promise<void> {
  const { promise: asked, resolve: isAsked } = promised<unknown>();
  const { promise: allowed, resolve: allow } = promised<boolean>();
  const { promise: answered, resolve: answer } = promised<AccessEntry>();
  const isAllowed: IsAllowed = (caller) => {
    isAsked(caller);
    return allowed;
  };
  const onAnswered = (entry: AccessEntry): void => {
    if (!entry.path.startsWith('/debug')) answer(entry);
  };
  const service = await openService({ ports: { isAllowed }, api: { onAnswered, bodyTimeoutMs: 60_000 } });
  const had = await countEvents(service.store);
  const leave = ask(service);
  await asked;
  await leave();
  // What is answered later was asked later, so that the service has heard of it.
  await fetch(`${service.url}/debug/healthz`).then((response) => response.text());
  allow(true);
  expect((await answered).refusal, way).to.equal('LP-HTTP-06');
  expect(await countEvents(service.store), way).to.equal(had);
  await service.close();
}

interface Promised<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

function promised<Value>(): Promised<Value> {
  let settle: (value: Value) => void = () => undefined;
  const promise = new Promise<Value>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle(value) };
}
