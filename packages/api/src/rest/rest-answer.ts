import { toJson, type Message } from '@bufbuild/protobuf';
import type { ServedMethod } from '../calls/served-method.js';
import type { ApiError } from '../errors/api-error.js';
import { detailsJson, hasDetailsOnly } from './details-json.js';

/** The type of every body that REST answers. */
export const JSON_TYPE = 'application/json';

/** Writes the answers of a method as grpc-gateway does: lowerCamelCase, defaults left out, 64-bit numbers as strings. */
export function jsonWriter({ contract: { output } }: ServedMethod): (message: Message) => string {
  return hasDetailsOnly(output) ? detailsJson : (message) => JSON.stringify(toJson(output, message));
}

/** An error as REST answers it: the google.rpc.Status of the gateway, with one `zitadel.v1.ErrorDetail`. */
export function errorJson(error: ApiError): string {
  return JSON.stringify({
    code: error.code,
    message: error.message,
    details: [{ '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail', id: error.id, message: error.sentence }],
  });
}
