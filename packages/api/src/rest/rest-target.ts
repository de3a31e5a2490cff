import { create, toJson, type JsonObject, type Message } from '@bufbuild/protobuf';
import type { Answer } from '../calls/call-context.js';
import type { Incoming } from '../calls/conditions.js';
import type { Admission, Carriable, Demand, Pipeline } from '../calls/pipeline.js';
import type { ServedMethod } from '../calls/served-method.js';
import { withEnumNumbers, type UnknownNames } from '../contract/enum-names.js';
import { detailsJson, hasDetailsOnly } from './details-json.js';
import { bodyFields, pathField, queryFields, requestOf } from './read-request.js';
import type { PathVariable } from './router.js';

/** What a route was asked with. */
export interface RestRequest {
  readonly query: string;
  readonly variable: PathVariable | undefined;
  readonly body: () => Promise<Uint8Array>;
}

/** What a call of a route may take from others. */
export interface RestCall {
  readonly incoming: Incoming;
  readonly admission: Admission;
}

/** What a route leads to: something that demands a permission, then answers JSON. */
export interface RestTarget {
  /** By its full name. */
  readonly method: string;
  readonly demand: Demand;
  /** Looks at the path and the query alone, before anybody is asked who he is. @throws ApiError */
  readonly read: (request: RestRequest) => RestReading;
}

/** A request whose path is of the right form. */
export interface RestReading {
  /** Answers it for a caller who was let in. @throws ApiError, at once or later, or a fault of the store. */
  readonly answer: (call: RestCall) => Promise<Answer<string>>;
}

/** The target of a method's own route. */
export function methodTarget(
  method: ServedMethod,
  { pipeline, unknownNames }: { readonly pipeline: Pipeline; readonly unknownNames: UnknownNames },
): RestTarget {
  const { input, permission, route } = method.contract;
  const answer = inJson(method, pipeline);
  return {
    method: method.contract.rpcPath.slice(1),
    demand: { permission, scope: method.scope },
    read: ({ query, variable, body }) => {
      const named = variable === undefined ? {} : pathField(input, variable);
      const requestWith = (given: JsonObject): Message =>
        messageOf(method, { ...withEnumNumbers(input, given, unknownNames), ...named });
      return route.body === 'request'
        ? { answer: async (call) => await answer(requestWith(bodyFields(await body())), call) }
        : { answer: (call) => answer(requestWith(queryFields(input, query)), call) };
    },
  };
}

/** The request of a method as a body gives it, its rules checked. @throws ApiError */
export function checkedRequest(method: ServedMethod, given: JsonObject, unknownNames: UnknownNames): Message {
  const { check, input } = method.contract;
  const request = messageOf(method, withEnumNumbers(input, given, unknownNames));
  check?.(request);
  return request;
}

function messageOf({ contract: { input } }: ServedMethod, fields: JsonObject): Message {
  return Object.keys(fields).length === 0 ? create(input) : requestOf(input, fields);
}

/** Carries out a request and writes the answer. @throws ApiError, or a fault of the store. */
type AnswerInJson = (request: Message, call: RestCall) => Promise<Answer<string>>;

/** Writes the answers of a method as grpc-gateway does: lowerCamelCase, defaults left out, 64-bit numbers as strings. */
function inJson(method: ServedMethod, pipeline: Pipeline): AnswerInJson {
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
