import { gzipSync } from 'node:zlib';
import { toBinary } from '@bufbuild/protobuf';
import type { OutgoingHttpHeaders } from 'node:http2';
import fc, { type Arbitrary } from 'fast-check';
import { base64, framed, grpc } from '../raw.js';
import { fuzzedCall, fuzzedHeaders, rpcPathOf } from './calls.js';
import { messageOf } from './message-of.js';

/** A call of gRPC, gRPC-Web or Connect as bytes, whole or spoilt. */
export interface FuzzedFrames {
  readonly headers: OutgoingHttpHeaders;
  /** Sent one after another. */
  readonly pieces: readonly Buffer[];
  /** Whether the client waits for the answer, says no more than this, or goes away. */
  readonly ending: 'ended' | 'left open' | 'broken off';
}

const message: Arbitrary<{ readonly path: string; readonly bytes: Uint8Array }> = fuzzedCall.map((call) => {
  const built = messageOf(call);
  const bytes = built === undefined ? new Uint8Array(0) : toBinary(call.method.input, built);
  return { path: rpcPathOf(call.method), bytes };
});

type Spoil = (bytes: Uint8Array) => Uint8Array;

/** How a message becomes a body: as it should, and in every way that it should not. */
const spoilt: Arbitrary<Spoil> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Spoil>((bytes) => framed(bytes)) },
  fc.constantFrom<Spoil>(
    (bytes) => bytes,
    (bytes) => framed(gzipSync(bytes), 1),
    (bytes) => framed(bytes, 1),
    (bytes) => framed(bytes, 0x80),
    (bytes) => Buffer.concat([framed(bytes), framed(bytes)]),
    (bytes) => Buffer.concat([framed(bytes), Buffer.from([0])]),
    (bytes) => base64(framed(bytes)),
    (bytes) => Buffer.concat([base64(framed(bytes).subarray(0, 5)), base64(framed(bytes).subarray(5))]),
    (bytes) => base64(framed(bytes)).subarray(1),
    () => Buffer.from([0, 0xff, 0xff, 0xff, 0xff]),
    () => new Uint8Array(0),
  ),
  fc.nat(40).map(
    (length): Spoil =>
      (bytes) =>
        framed(bytes).subarray(0, length),
  ),
  fc.tuple(fc.nat(60), fc.nat(255)).map(
    ([at, by]): Spoil =>
      (bytes) =>
        flipped(framed(bytes), at, by),
  ),
  fc.uint8Array({ maxLength: 60 }).map(
    (noise): Spoil =>
      () =>
        framed(noise),
  ),
);

function flipped(bytes: Uint8Array, at: number, by: number): Uint8Array {
  return bytes.map((byte, index) => (index === at % bytes.length ? byte ^ by : byte));
}

const headersOfProtocol: Arbitrary<OutgoingHttpHeaders> = fc.record(
  {
    'content-type': fc.constantFrom(
      ...['application/grpc', 'application/grpc+proto', 'application/grpc+json', 'application/grpc-web'],
      ...['application/grpc-web+proto', 'application/grpc-web-text', 'application/proto', 'application/json'],
      ...['application/grpc-web-text+proto', 'application/grpc-web-text; charset=utf-8'],
      ...['application/grpc; charset=utf-8', 'application/connect+proto', 'text/plain', ''],
    ),
    accept: fc.constantFrom('application/grpc-web-text', 'application/grpc-web+proto', '*/*', ''),
    'grpc-timeout': fc.constantFrom('1S', '1n', '0m', '99999999H', '5', '', '-1S', '1s', 'x'.repeat(300)),
    'grpc-encoding': fc.constantFrom('identity', 'gzip', 'br', 'snappy', ''),
    'content-encoding': fc.constantFrom('identity', 'gzip', 'br', 'snappy', 'gzip, gzip', ''),
    'connect-protocol-version': fc.constantFrom('1', '2', ''),
    'connect-timeout-ms': fc.constantFrom('1000', '0', '-1', 'x', '99999999999'),
    'content-length': fc.constantFrom('0', '7'),
    expect: fc.constantFrom('100-continue', '100-Continue', '200-ok'),
  },
  { requiredKeys: [] },
);

/** Any call in any protocol, cut into any pieces. */
export const fuzzedFrames: Arbitrary<FuzzedFrames> = fc
  .record({
    message,
    spoil: spoilt,
    protocol: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, headersOfProtocol),
    more: fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, fuzzedHeaders),
    cuts: fc.array(fc.nat(40), { maxLength: 3 }),
    ending: fc.oneof(
      { weight: 12, arbitrary: fc.constant('ended' as const) },
      fc.constantFrom('left open' as const, 'broken off' as const),
    ),
  })
  .map(({ cuts, ending, message: { bytes, path }, more, protocol, spoil }) => ({
    headers: grpc(path, { ...more, ...protocol }),
    pieces: pieces(Buffer.from(spoil(bytes)), cuts),
    ending,
  }));

/** A body cut at these places. */
export function pieces(body: Buffer, cuts: readonly number[]): readonly Buffer[] {
  const ends = [...cuts.map((cut) => Math.min(cut, body.length)).toSorted((left, right) => left - right), body.length];
  return ends.map((end, index) => body.subarray(ends[index - 1] ?? 0, end));
}
