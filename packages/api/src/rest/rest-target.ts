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
export interface AuthorizedCall {
  readonly exchange: Exchange;
  readonly context: CallContext<OwnerRef>;
  /** The field in the path; `undefined` without one. */
  readonly pathFields: JsonObject | undefined;
}

/** The target of a route: what it requires, and how it answers. */
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
  readonly pathFields?: (last: string) => JsonObject;
  /** Answers an authorized caller. @throws ApiError, or a fault of the store */
  readonly answer: (call: AuthorizedCall) => Promise<Answer<RestText>>;
}

/** The target of a method's own route. @throws Error when the variable in its path is not a field of its request. */
export function methodTarget(method: ServedMethod, unknownNames: UnknownNames): RestTarget {
  const { input, permission, route, rpcPath } = method.contract;
  const answer = jsonCall(method);
  const field = input.fields.find(({ name }) => name === route.variable);
  if (route.variable !== field?.name) throw new Error(`${input.typeName} has no field ${route.variable}`);
  const isInQuery = route.body === 'ignored';
  const queryRules = {
    desc: isInQuery ? input : undefined,
    takesMoment: method.takesMoment,
    // A load balancer may add what it likes to a question about health.
    unknownNames: permission === undefined ? 'ignore' : unknownNames,
  } as const;
  return {
    method: rpcPath.slice(1),
    requirement: { permission, scope: method.scope },
    ...(field && { pathFields: (last) => pathField(field, last) }),
    async answer({ exchange, context, pathFields }) {
      const inQuery = queryFields(queryRules, exchange.query);
      const fields = isInQuery ? inQuery : bodyFields(await exchange.body());
      return answer(requestOf(input, Object.assign(fields, pathFields), unknownNames), context);
    },
  };
}

/**
 * Formats the answers of a method as grpc-gateway does: lowerCamelCase, no default values, 64-bit numbers as strings.
 */
function jsonCall({ call, contract: { output }, callForDetails }: ServedMethod): Call<string> {
  if (callForDetails !== undefined) return withText(callForDetails, detailsJson);
  return withText(call, (message) => JSON.stringify(toJson(output, message)));
}

function withText<Content>(call: Call<Content>, write: (content: Content) => string): Call<string> {
  return async (request, context) => {
    const answer = await call(request, context);
    return { ...answer, message: write(answer.message) };
  };
}
