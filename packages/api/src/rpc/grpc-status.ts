import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import { ERROR_DETAIL } from '../contract/descriptors.js';
import type { ApiError } from '../errors/api-error.js';

/** The trailers of a success. */
export const OK_TRAILERS: Readonly<Record<string, string>> = { 'grpc-status': '0', 'grpc-message': '' };

/** The trailers of an error: code, message and one `zitadel.v1.ErrorDetail`. */
export function errorTrailers(error: ApiError): Readonly<Record<string, string>> {
  return {
    'grpc-status': String(error.code),
    'grpc-message': percentEncoded(error.message),
    'grpc-status-details-bin': Buffer.from(statusBytes(error)).toString('base64').replace(/=+$/, ''),
  };
}

/** Escapes a `grpc-message` as gRPC specifies: `%` and everything that is not printable ASCII, byte by byte. */
export function percentEncoded(message: string): string {
  return message.replace(/[^\x20-\x24\x26-\x7e]+/g, (piece) => encodeURIComponent(piece.toWellFormed()));
}

const LENGTH_DELIMITED = 2;
const VARINT = 0;

/**
 * A `google.rpc.Status`, encoded by hand because `@zitadel/proto` lacks its descriptor: code, message, details of type
 * `Any`.
 */
function statusBytes({ code, details, message }: ApiError): Uint8Array {
  const writer = new BinaryWriter().tag(1, VARINT).int32(code).tag(2, LENGTH_DELIMITED).string(message);
  for (const detail of details) {
    const any = anyPack(ERROR_DETAIL, create(ERROR_DETAIL, { ...detail }));
    writer.tag(3, LENGTH_DELIMITED).bytes(toBinary(AnySchema, any));
  }
  return writer.finish();
}
