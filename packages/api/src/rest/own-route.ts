import type { JsonObject } from '@bufbuild/protobuf';
import type { LoginPolicies } from '@login-policy/domain';
import type { Answer, RestText } from '../calls/call-context.js';
import type { DirectCommands } from '../calls/direct-commands.js';
import type { PolicyAnswers } from '../calls/policy-answers.js';
import { OF_INSTANCE, OF_ORGANIZATION } from '../calls/scope.js';
import type { ServedMethod } from '../calls/served-method.js';
import { checkNames, type UnknownNames } from '../contract/enum-names.js';
import type { Schema } from '../openapi/schemas.js';
import { queryOf } from './query.js';
import { bodyFields } from './read-request.js';
import type { AuthorizedCall, RestTarget } from './rest-target.js';

/** The context shared by our own routes. */
export interface OwnBinding {
  readonly policies: LoginPolicies;
  readonly answers: PolicyAnswers;
  readonly commands: DirectCommands;
  /** Whether unknown names in the body are refused or ignored. */
  readonly unknownNames: UnknownNames;
}

/** The authorized call of one of our own routes. */
export interface OwnCall extends OwnBinding, Omit<AuthorizedCall, 'pathFields'> {
  /** The members of the body; empty if the route declares no body. */
  readonly body: JsonObject;
  /** The methods of the route's service. */
  readonly methods: readonly ServedMethod[];
}

/** A route in the OpenAPI document. */
export interface OwnOperation {
  readonly summary: string;
  readonly parameters?: readonly Schema[];
  readonly body?: Schema & { readonly properties: Readonly<Record<string, Schema>> };
  /** The headers that the route reads, apart from those of every call. */
  readonly headers: readonly string[];
  /** The members of the answer, or of each of its lines. */
  readonly answer: Readonly<Record<string, Schema>>;
  /** The content type of the answer. Default: JSON. */
  readonly answerType?: string;
}

/** A route of our own, which ZITADEL's descriptors do not have, for the policy of an instance or an organization. */
export interface OwnRoute {
  readonly verb: string;
  /** The path after `…/policies/login/`. */
  readonly name: string;
  /**
   * The requirement for the caller: only to be authenticated, to read the policy, to write it, to change it in any way,
   * including its removal, or to change at once what others would have to approve.
   */
  readonly requirement: 'authenticated' | 'read' | 'write' | 'rewrite' | 'emergency';
  /** A second permission that is required for the same policy. */
  readonly alsoPermission?: string;
  /** The kind of owner that the route is limited to. Default: both. */
  readonly only?: 'instance' | 'organization';
  readonly operation: OwnOperation;
  /** How many times the largest body of other routes its body may have. Default 1. */
  readonly bodyFactor?: number;
  readonly answer: (call: OwnCall) => Promise<Answer<RestText>>;
}

/** A number as text, because it may be too large for a JSON number. */
export const WHOLE_NUMBER: Schema = { type: 'string', pattern: '^[0-9]+$' };

/** A route of our own, bound to one of the two services. */
export interface BoundRoute {
  readonly verb: string;
  readonly path: string;
  readonly operation: OwnOperation & { readonly id: string };
  /** The full name of its service. */
  readonly service: string;
  readonly target: RestTarget;
}

/** Both services and their permissions. */
const SERVICES = [
  {
    base: '/admin/v1/policies/login',
    name: 'AdminService',
    authenticated: { permission: undefined, needsCaller: true, scope: OF_INSTANCE },
    read: { permission: 'iam.policy.read', scope: OF_INSTANCE },
    write: { permission: 'iam.policy.write', scope: OF_INSTANCE },
    rewrite: { permission: 'iam.policy.write', scope: OF_INSTANCE },
    emergency: { permission: 'iam.policy.write', alsoPermission: 'iam.policy.emergency', scope: OF_INSTANCE },
  },
  {
    base: '/management/v1/policies/login',
    name: 'ManagementService',
    authenticated: { permission: undefined, needsCaller: true, scope: OF_ORGANIZATION },
    read: { permission: 'policy.read', scope: OF_ORGANIZATION },
    write: { permission: 'policy.write', scope: OF_ORGANIZATION },
    rewrite: { permission: 'policy.write', alsoPermission: 'policy.delete', scope: OF_ORGANIZATION },
    emergency: { permission: 'policy.write', alsoPermission: 'policy.emergency', scope: OF_ORGANIZATION },
  },
];

/** Binds routes to their services. */
export function bindOwnRoutes(
  routes: readonly OwnRoute[],
  { served, ...binding }: OwnBinding & { readonly served: readonly ServedMethod[] },
): readonly BoundRoute[] {
  return SERVICES.flatMap(({ base, name, ...requirements }) => {
    const methods = served.filter(({ contract }) => contract.desc.parent.name === name);
    const service = methods[0]?.contract.desc.parent.typeName ?? '';
    const here = routes.filter(({ only }) => only === undefined || only === requirements.read.scope.level);
    return here.map((route) => ({
      verb: route.verb,
      path: `${base}/${route.name}`,
      operation: { ...route.operation, id: `${name}_${route.name.replace(/^_/, '')}` },
      service,
      target: {
        method: `${service}/${route.name}`,
        requirement: {
          ...requirements[route.requirement],
          ...(route.alsoPermission !== undefined && { alsoPermission: route.alsoPermission }),
        },
        async answer({ exchange, context }) {
          const { body: schema, parameters = [] } = route.operation;
          // Otherwise a parameter that the route does not have, such as `asOf` of a history, would be ignored.
          const parameterNames = parameters.map((parameter) => String(parameter['name']));
          if (exchange.query !== '') queryOf(exchange.query, parameterNames);
          const most = exchange.maxBytes * (route.bodyFactor ?? 1);
          const body = schema === undefined ? {} : bodyFields(await exchange.body(most));
          if (schema !== undefined && binding.unknownNames === 'refuse')
            checkNames(body, Object.keys(schema.properties));
          return route.answer({ ...binding, methods, exchange, context, body });
        },
      },
    }));
  });
}
