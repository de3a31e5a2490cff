import { toJson, type Message } from '@bufbuild/protobuf';
import type { ServedMethod } from '../calls/served-method.js';
import type { ApiError } from '../errors/api-error.js';

/** The type of every body that REST answers. */
export const JSON_TYPE = 'application/json';

/** A message as grpc-gateway writes it: lowerCamelCase, defaults left out, 64-bit numbers as strings. */
export function jsonOf({ contract }: ServedMethod, message: Message): string {
  return JSON.stringify(toJson(contract.output, message));
}

/** An error as REST answers it: the google.rpc.Status of the gateway, with one `zitadel.v1.ErrorDetail`. */
export function errorJson(error: ApiError): string {
  return JSON.stringify({
    code: error.code,
    message: error.message,
    details: [{ '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail', id: error.id, message: error.sentence }],
  });
}
