import type { Demand } from '../calls/pipeline.js';
import type { ServedMethod } from '../calls/served-method.js';
import type { Segment } from '../contract/path-template.js';
import type { BoundRoute } from '../rest/own-route.js';
import { CHANGE_HEADERS, headerParameters, queryParameters, READ_HEADERS } from './parameters.js';
import { Schemas, type Schema } from './schemas.js';

/** The document of exactly what REST serves: made from the same routes that answer. */
export function openApiDocument(methods: readonly ServedMethod[], own: readonly BoundRoute[]): Schema {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, Schema>> = {};
  for (const method of methods) {
    const { verb, segments } = method.contract.route;
    const path = `/${segments.map(pieceOf).join('/')}`;
    paths[path] = { ...paths[path], [verb.toLowerCase()]: methodOperation(method, schemas) };
  }
  for (const route of own)
    paths[route.path] = { ...paths[route.path], [route.verb.toLowerCase()]: ownOperation(route) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Login policy',
      version: '1',
      description: 'The login policies of an instance and its organizations.',
    },
    paths,
    components: {
      schemas: { ...schemas.all(), Error: ERROR },
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

function pieceOf(segment: Segment): string {
  return 'field' in segment ? `{${segment.field}}` : segment.literal;
}

function methodOperation({ commandOf, contract, scope }: ServedMethod, schemas: Schemas): Schema {
  const { desc, input, output, permission, route } = contract;
  const isOpen = permission === undefined;
  const isRead = commandOf === undefined;
  const inPath = route.segments.flatMap((segment) => ('field' in segment ? [segment.field] : []));
  const variables = input.fields
    .filter(({ name }) => inPath.includes(name))
    .map((field) => ({ name: field.name, in: 'path', required: true, schema: schemas.field(field) }));
  const headers = isRead ? [...READ_HEADERS, ...taggedHeaders(route.verb)] : CHANGE_HEADERS;
  const others = isOpen ? [] : headerParameters(headers, scope.regards);
  const inQuery = isRead && route.body === 'ignored' ? queryParameters(input, schemas) : [];
  return {
    operationId: `${desc.parent.name}_${desc.name}`,
    summary: wordsOf(desc.name),
    tags: [desc.parent.typeName],
    ...(isOpen ? { security: [] } : { description: needsOf({ permission, scope }) }),
    parameters: [...variables, ...inQuery, ...(isRead && !isOpen ? [AS_OF] : []), ...others],
    ...(route.body === 'request' && { requestBody: { content: json(schemas.inline(input, inPath)) } }),
    responses: responses(schemas.of(output), !isOpen && isRead && route.verb === 'GET'),
  };
}

function ownOperation({ operation, service, target }: BoundRoute): Schema {
  const { answer, body, headers, id, parameters = [], summary } = operation;
  return {
    operationId: id,
    summary,
    tags: [service],
    description: needsOf(target.demand),
    parameters: [...parameters, ...headerParameters(headers, target.demand.scope.regards)],
    ...(body !== undefined && { requestBody: { required: true, content: json(body) } }),
    responses: responses({ type: 'object', properties: answer }, headers.includes('If-None-Match')),
  };
}

const AS_OF: Schema = {
  name: 'asOf',
  in: 'query',
  description: 'The policy as it was then: a sequence, or an instant in ISO 8601 with its offset.',
  schema: { type: 'string' },
};

/** Only what is fetched can be known already. */
function taggedHeaders(verb: string): readonly string[] {
  return verb === 'GET' ? ['If-None-Match'] : [];
}

function needsOf({ permission, also }: Demand): string {
  return `Needs the permission ${permission ?? ''}${also === undefined ? '' : ` and the permission ${also}`}.`;
}

function responses(success: Schema, mayBeKnown: boolean): Schema {
  const error = { description: 'Refused, or failed.', content: json({ $ref: '#/components/schemas/Error' }) };
  const known = { '304': { description: 'It is what If-None-Match names.' } };
  return { '200': { description: 'Done.', content: json(success) }, ...(mayBeKnown && known), default: error };
}

function json(schema: Schema): Schema {
  return { 'application/json': { schema } };
}

function wordsOf(name: string): string {
  return name.replace(/([a-z])(?=[A-Z])/g, '$1 ');
}
