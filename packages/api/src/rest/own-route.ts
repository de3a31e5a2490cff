import type { JsonObject } from '@bufbuild/protobuf';
import type { LoginPolicies } from '@login-policy/domain';
import type { Answer, RestText } from '../calls/call-context.js';
import type { PolicyAnswers } from '../calls/policy-answers.js';
import { OF_INSTANCE, OF_ORGANIZATION } from '../calls/scope.js';
import type { ServedMethod } from '../calls/served-method.js';
import { checkNames, type UnknownNames } from '../contract/enum-names.js';
import type { Schema } from '../openapi/schemas.js';
import { bodyFields } from './read-request.js';
import type { Asked, RestTarget } from './rest-target.js';

/** What the routes of ours are bound to. */
export interface OwnDesk {
  readonly policies: LoginPolicies;
  readonly answers: PolicyAnswers;
  /** What becomes of names in the body that nobody knows. */
  readonly unknownNames: UnknownNames;
}

/** What a route of ours is asked with, by a caller who was let in. */
export interface OwnCall extends OwnDesk, Omit<Asked, 'named'> {
  /** What the body holds, where the route says of what form it is: no names but those. */
  readonly body: JsonObject;
  /** The methods of the service the route belongs to. */
  readonly methods: readonly ServedMethod[];
}

/** What the OpenAPI document says of a route. */
export interface OwnOperation {
  readonly summary: string;
  readonly parameters?: readonly Schema[];
  readonly body?: Schema & { readonly properties: Readonly<Record<string, Schema>> };
  /** The headers that are looked at, apart from those of every call. */
  readonly headers: readonly string[];
  /** The members of the answer, or of each of its lines. */
  readonly answer: Readonly<Record<string, Schema>>;
  /** Of what type the answer is. Default: JSON. */
  readonly answerType?: string;
}

/** A route that no descriptor of ZITADEL has, beside the policy of an instance and that of an organization. */
export interface OwnRoute {
  readonly verb: string;
  /** What stands behind `…/policies/login/`. */
  readonly name: string;
  /** What the caller has to be allowed: nothing but to be known, to read the policy, to write it, or to change it in every way, which includes removing it. */
  readonly demand: 'known' | 'read' | 'write' | 'rewrite';
  /** What they have to be allowed besides, in the same place. */
  readonly also?: string;
  /** Whose policy it is about. Default: an instance's and an organization's. */
  readonly only?: 'instance' | 'organization';
  readonly operation: OwnOperation;
  readonly answer: (call: OwnCall) => Promise<Answer<RestText>>;
}

/** A number that JSON has as text, because it may be longer than a number of JSON. */
export const WHOLE_NUMBER: Schema = { type: 'string', pattern: '^[0-9]+$' };

/** A route of ours, bound to one of the two services. */
export interface BoundRoute {
  readonly verb: string;
  readonly path: string;
  readonly operation: OwnOperation & { readonly id: string };
  /** The full name of the service it stands beside. */
  readonly service: string;
  readonly target: RestTarget;
}

/** Both services, and what they demand. */
const SERVICES = [
  {
    base: '/admin/v1/policies/login',
    name: 'AdminService',
    known: { permission: undefined, isKnown: true, scope: OF_INSTANCE },
    read: { permission: 'iam.policy.read', scope: OF_INSTANCE },
    write: { permission: 'iam.policy.write', scope: OF_INSTANCE },
    rewrite: { permission: 'iam.policy.write', scope: OF_INSTANCE },
  },
  {
    base: '/management/v1/policies/login',
    name: 'ManagementService',
    known: { permission: undefined, isKnown: true, scope: OF_ORGANIZATION },
    read: { permission: 'policy.read', scope: OF_ORGANIZATION },
    write: { permission: 'policy.write', scope: OF_ORGANIZATION },
    rewrite: { permission: 'policy.write', also: 'policy.delete', scope: OF_ORGANIZATION },
  },
];

/** Binds routes to the services that they are for. */
export function bindOwnRoutes(
  routes: readonly OwnRoute[],
  { served, ...desk }: OwnDesk & { readonly served: readonly ServedMethod[] },
): readonly BoundRoute[] {
  return SERVICES.flatMap(({ base, name, ...demands }) => {
    const methods = served.filter(({ contract }) => contract.desc.parent.name === name);
    const service = methods[0]?.contract.desc.parent.typeName ?? '';
    const here = routes.filter(({ only }) => only === undefined || only === demands.read.scope.regards);
    return here.map((route) => ({
      verb: route.verb,
      path: `${base}/${route.name}`,
      operation: { ...route.operation, id: `${name}_${route.name.replace(/^_/, '')}` },
      service,
      target: {
        method: `${service}/${route.name}`,
        demand: { ...demands[route.demand], ...(route.also !== undefined && { also: route.also }) },
        async answer({ exchange, context }) {
          const { body: form } = route.operation;
          const body = form === undefined ? {} : bodyFields(await exchange.body());
          if (form !== undefined && desk.unknownNames === 'refuse') checkNames(body, Object.keys(form.properties));
          return route.answer({ ...desk, methods, exchange, context, body });
        },
      },
    }));
  });
}
