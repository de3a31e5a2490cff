import { toJson, type JsonObject } from '@bufbuild/protobuf';
import type { OwnerRef } from '@login-policy/domain';
import type { Answer, CallContext, RestText } from '../calls/call-context.js';
import type { Requirement } from '../calls/pipeline.js';
import type { Call, ServedMethod } from '../calls/served-method.js';
import type { UnknownNames } from '../contract/enum-names.js';
import { detailsJson } from './details-json.js';
import { bodyFields, pathField, queryFields, requestOf } from './read-request.js';
import type { Exchange } from '../server/exchange.js';

/** An authorized call of a target. */
export interface Asked {
  readonly exchange: Exchange;
  readonly context: CallContext<OwnerRef>;
  /** The field in the path. */
  readonly named: JsonObject | undefined;
}

/** The target of a route: it requires a permission and answers JSON. */
export interface RestTarget {
  /** The method's full name; left out for a route of our own. */
  readonly method?: string;
  readonly requirement: Requirement;
  /**
   * Parses the last segment of the path as a field, before the caller is authenticated; left out when there is no
   * field.
   *
   * @throws ApiError
   */
  readonly named?: (last: string) => JsonObject;
  /** Answers an authorized caller. @throws ApiError, or a fault of the store */
  readonly answer: (asked: Asked) => Promise<Answer<RestText>>;
}

/** The target of a method's own route. @throws Error when the variable in its path is not a field of its request. */
export function methodTarget(method: ServedMethod, unknownNames: UnknownNames): RestTarget {
  const { input, permission, route, rpcPath } = method.contract;
  const answer = inJson(method);
  const field = input.fields.find(({ name }) => name === route.variable);
  if (route.variable !== field?.name) throw new Error(`${input.typeName} has no field ${route.variable}`);
  return {
    method: rpcPath.slice(1),
    requirement: { permission, scope: method.scope },
    ...(field && { named: (last) => pathField(field, last) }),
    async answer({ exchange, context, named }) {
      const isInQuery = route.body === 'ignored';
      const given = isInQuery ? queryFields(input, exchange.query) : bodyFields(await exchange.body());
      return answer(requestOf(input, Object.assign(given, named), unknownNames), context);
    },
  };
}

/**
 * Formats the answers of a method as grpc-gateway does: lowerCamelCase, no default values, 64-bit numbers as strings.
 */
function inJson({ call, contract: { output }, give }: ServedMethod): Call<string> {
  if (give !== undefined) return written(give, detailsJson);
  return written(call, (message) => JSON.stringify(toJson(output, message)));
}

function written<Said>(call: Call<Said>, write: (said: Said) => string): Call<string> {
  return async (request, context) => {
    const answer = await call(request, context);
    return { ...answer, message: write(answer.message) };
  };
}
