import type { MethodContract } from '../contract/api-method.js';
import type { Segment } from '../contract/path-template.js';
import type { BoundRoute } from '../rest/own-route.js';
import { Schemas, type Schema } from './schemas.js';

/** The document of exactly what REST serves: made from the same routes that answer. */
export function openApiDocument(methods: readonly MethodContract[], own: readonly BoundRoute[]): Schema {
  const schemas = new Schemas();
  const paths: Record<string, Record<string, Schema>> = {};
  for (const method of methods) {
    const { verb, segments } = method.route;
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

function methodOperation({ desc, input, output, permission, route }: MethodContract, schemas: Schemas): Schema {
  const inPath = route.segments.flatMap((segment) => ('field' in segment ? [segment.field] : []));
  const parameters = input.fields
    .filter(({ name }) => inPath.includes(name))
    .map((field) => ({ name: field.name, in: 'path', required: true, schema: schemas.field(field) }));
  return {
    operationId: `${desc.parent.name}_${desc.name}`,
    summary: wordsOf(desc.name),
    tags: [desc.parent.typeName],
    ...(permission === undefined ? { security: [] } : { description: `Needs the permission ${permission}.` }),
    parameters: [...parameters, ...(permission === undefined ? [] : [...headersOf(route.verb), ...queryOf(route)])],
    ...(route.body === 'request' && { requestBody: { content: json(schemas.inline(input, inPath)) } }),
    responses: responses(schemas.of(output)),
  };
}

function ownOperation({ operation, verb }: BoundRoute): Schema {
  const { answer, body, id, parameters = [], summary } = operation;
  return {
    operationId: id,
    summary,
    parameters: [...parameters, ...headersOf(verb)],
    ...(body !== undefined && { requestBody: { required: true, content: json(body) } }),
    responses: responses({ type: 'object', properties: answer }),
  };
}

function headersOf(verb: string): readonly Schema[] {
  const names =
    verb === 'GET'
      ? ['x-zitadel-orgid', 'If-None-Match']
      : ['x-zitadel-orgid', 'If-Match', 'Idempotency-Key', 'Login-Policy-Reason'];
  return names.map((name) => ({ name, in: 'header', schema: { type: 'string' } }));
}

function queryOf({ verb, segments }: MethodContract['route']): readonly Schema[] {
  const isSearch = segments.some((segment) => 'literal' in segment && segment.literal === '_search');
  if (verb !== 'GET' && !isSearch) return [];
  return [
    { name: 'asOf', in: 'query', description: 'A sequence, or an instant in ISO 8601.', schema: { type: 'string' } },
  ];
}

function responses(success: Schema): Schema {
  const error = { description: 'Refused, or failed.', content: json({ $ref: '#/components/schemas/Error' }) };
  return { '200': { description: 'Done.', content: json(success) }, default: error };
}

function json(schema: Schema): Schema {
  return { 'application/json': { schema } };
}

function wordsOf(name: string): string {
  return name.replace(/([a-z])(?=[A-Z])/g, '$1 ');
}
