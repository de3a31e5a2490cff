import type { Requirement } from '../calls/pipeline.js';
import type { ServedMethod } from '../calls/served-method.js';
import type { BoundRoute } from '../rest/own-route.js';
import { CHANGE_HEADERS, headerParameters, queryParameters, READ_HEADERS } from './parameters.js';
import { Schemas, type Schema } from './schemas.js';

/**
 * The OpenAPI document, generated from the same routes that answer: those of the gRPC methods, and those that exist in
 * REST only.
 */
export function openApiDocument(methods: readonly ServedMethod[], restOnly: readonly BoundRoute[]): Schema {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, Schema>> = {};
  for (const method of methods) {
    const { path, verb } = method.contract.route;
    paths[path] = { ...paths[path], [verb.toLowerCase()]: methodOperation(method, schemas) };
  }
  for (const route of restOnly)
    paths[route.path] = { ...paths[route.path], [route.verb.toLowerCase()]: restOnlyOperation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Login policy',
      version: '1',
      description: 'The login policies of an instance and its organizations.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The one that this document was fetched from.' }],
    tags: tagsOf(methods),
    paths,
    components: {
      schemas: { ...schemas.all(), Error: ERROR },
      responses: Object.fromEntries(
        Object.entries(REFUSALS).map(([status, description]) => [status, refusal(description)]),
      ),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
    security: [{ bearer: [] }],
  };
}

const ERROR: Schema = {
  type: 'object',
  required: ['code', 'message'],
  properties: {
    code: { type: 'integer', description: 'A status code of gRPC.' },
    message: { type: 'string' },
    details: {
      type: 'array',
      items: {
        type: 'object',
        properties: { '@type': { type: 'string' }, id: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

function methodOperation(method: ServedMethod, schemas: Schemas): Schema {
  const { commandOf, contract, isOptional, scope, takesMoment } = method;
  const { desc, input, output, permission, route } = contract;
  const isOpen = permission === undefined;
  const isRead = commandOf === undefined;
  const inPath = route.variable === undefined ? [] : [route.variable];
  const variables = input.fields
    .filter(({ name }) => inPath.includes(name))
    .map((field) => ({ name: field.name, in: 'path', required: true, schema: schemas.field(field) }));
  const headers = isRead ? [...READ_HEADERS, ...conditionalHeaders(route.verb)] : CHANGE_HEADERS;
  const others = isOpen ? [] : headerParameters(headers, scope.level);
  const inQuery = isRead && route.body === 'ignored' ? queryParameters(input, schemas) : [];
  return {
    operationId: `${desc.parent.name}_${desc.name}`,
    summary: wordsOf(desc.name),
    tags: [desc.parent.typeName],
    ...(isOpen ? { security: [] } : { description: needsOf({ permission, scope }) }),
    parameters: [...variables, ...inQuery, ...(takesMoment ? [AS_OF] : []), ...others],
    ...(route.body === 'request' && { requestBody: { content: json(schemas.inline(input, inPath)) } }),
    responses: responses(schemas.of(output), {
      mayBeUnmodified: !isOpen && isRead && !isOptional && route.verb === 'GET',
      refusals: isOpen
        ? []
        : [
            ...COMMON,
            ...(isRead ? [] : OF_CHANGES),
            ...(route.body === 'request' ? OF_BODIES : []),
            ...(isOptional ? ['501'] : []),
          ],
    }),
  };
}

function restOnlyOperation({ operation, service, target }: BoundRoute): Schema {
  const { answer, answerType, body, headers, id, parameters = [], summary } = operation;
  return {
    operationId: id,
    summary,
    tags: [service],
    description: needsOf(target.requirement),
    parameters: [...parameters, ...headerParameters(headers, target.requirement.scope.level)],
    ...(body !== undefined && { requestBody: { required: body['required'] !== undefined, content: json(body) } }),
    responses: responses(
      { type: 'object', properties: answer },
      {
        mayBeUnmodified: headers.includes('If-None-Match'),
        type: answerType,
        refusals: [
          ...COMMON,
          ...(headers.includes('If-Match') ? OF_CHANGES : []),
          ...(body === undefined ? [] : OF_BODIES),
        ],
      },
    ),
  };
}

const AS_OF: Schema = {
  name: 'asOf',
  in: 'query',
  description: 'The policy as it was then: a sequence, or an instant in ISO 8601 with its offset.',
  schema: { type: 'string' },
};

/** Only a GET has `If-None-Match`. */
function conditionalHeaders(verb: string): readonly string[] {
  return verb === 'GET' ? ['If-None-Match'] : [];
}

function needsOf({ permission, alsoPermission }: Requirement): string {
  if (permission === undefined) return 'Needs a known caller, and no permission.';
  const also =
    alsoPermission === undefined || alsoPermission === permission ? '' : ` and the permission ${alsoPermission}`;
  return `Needs the permission ${permission}${also}.`;
}

/** The meaning of each error status (docs/reference/api-errors.md lists the errors one by one). */
const REFUSALS: Readonly<Record<string, string>> = {
  '400': 'The request, a parameter or a header is malformed, or the policy does not allow this.',
  '401': 'No token, or none that is good.',
  '403': 'The caller may not do this here.',
  '404': 'There is no such policy, or no instance at this address.',
  '408': 'The body did not arrive in time.',
  '409':
    'It exists already, a concurrent change was first, a policy is not as Login-Policy-If-Seen names it, or the Idempotency-Key was used for something else.',
  '412': 'The policy is no longer at the state that If-Match names.',
  '413': 'The body is too large.',
  '501': 'This server has nothing to answer it from.',
  default: 'Failed, and not by the caller’s doing.',
};
const COMMON = ['400', '401', '403', '404'];
const OF_CHANGES = ['409', '412'];
const OF_BODIES = ['408', '413'];

function refusal(description: string): Schema {
  return { description, content: json({ $ref: '#/components/schemas/Error' }) };
}

function responses(
  success: Schema,
  {
    mayBeUnmodified,
    refusals,
    type = 'application/json',
  }: { readonly mayBeUnmodified: boolean; readonly refusals: readonly string[]; readonly type?: string | undefined },
): Schema {
  const unmodified = { '304': { description: 'Not modified since the ETag in If-None-Match.' } };
  const refused = [...refusals, 'default'].map((status): [string, Schema] => [
    status,
    { $ref: `#/components/responses/${status}` },
  ]);
  return {
    '200': { description: 'Done.', content: { [type]: { schema: success } } },
    ...(mayBeUnmodified && unmodified),
    ...Object.fromEntries(refused),
  };
}

function tagsOf(methods: readonly ServedMethod[]): readonly Schema[] {
  const services = new Set(methods.map(({ contract }) => contract.desc.parent.typeName));
  return [...services].map((name) => ({ name, description: `The methods of ${name} for login policies.` }));
}

function json(schema: Schema): Schema {
  return { 'application/json': { schema } };
}

function wordsOf(name: string): string {
  return name.replace(/([a-z])(?=[A-Z])/g, '$1 ');
}
