import { toJson, type Message } from '@bufbuild/protobuf';
import type { Answer } from '../calls/call-context.js';
import type { Carriable, Pipeline } from '../calls/pipeline.js';
import type { ServedMethod } from '../calls/served-method.js';
import type { ApiError } from '../errors/api-error.js';
import { detailsJson, hasDetailsOnly } from './details-json.js';
import type { RestCall } from './rest-target.js';

/** The type of every body that REST answers. */
export const JSON_TYPE = 'application/json';

/** Carries out a request and writes the answer. @throws ApiError, or a fault of the store. */
export type AnswerInJson = (request: Message, call: RestCall) => Promise<Answer<string>>;

/** Writes the answers of a method as grpc-gateway does: lowerCamelCase, defaults left out, 64-bit numbers as strings. */
export function inJson(method: ServedMethod, pipeline: Pipeline): AnswerInJson {
  const { contract, give } = method;
  if (give !== undefined && hasDetailsOnly(contract.output)) {
    return written(pipeline, { contract, call: give }, detailsJson);
  }
  return written(pipeline, method, (message) => JSON.stringify(toJson(contract.output, message)));
}

function written<Said>(pipeline: Pipeline, method: Carriable<Said>, write: (said: Said) => string): AnswerInJson {
  return async (request, call) => {
    const answer = await pipeline.carryOut(method, request, call);
    return { ...answer, message: write(answer.message) };
  };
}

/** An error as REST answers it: the google.rpc.Status of the gateway, with one `zitadel.v1.ErrorDetail`. */
export function errorJson(error: ApiError): string {
  return JSON.stringify({
    code: error.code,
    message: error.message,
    details: [{ '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail', id: error.id, message: error.sentence }],
  });
}
