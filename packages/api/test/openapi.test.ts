import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { askOf } from './rest-client.js';
import { ACME, NOBODY, openService, type Service } from './service.js';

interface Parameter {
  readonly name: string;
  readonly in: string;
}

interface Operation {
  readonly operationId: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters: readonly Parameter[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, { schema: unknown }>> }>>;
}

const CHANGE = [
  'If-Match',
  'Login-Policy-If-Seen',
  'Idempotency-Key',
  'Login-Policy-Reason',
  'Login-Policy-Acknowledge',
  'x-request-id',
];

describe('the OpenAPI document', () => {
  let service: Service;
  let document: unknown;
  let operations: ReadonlyMap<string, Operation>;
  before(async () => {
    service = await openService({ isAudited: true });
    document = await (await fetch(`${service.url}/openapi.json`)).json();
    const paths = memberOf(document, ['paths']);
    operations = new Map(
      Object.entries(paths ?? {}).flatMap(([path, verbs]: [string, Record<string, Operation>]) =>
        Object.entries(verbs).map(([verb, operation]) => [`${verb.toUpperCase()} ${path}`, operation] as const),
      ),
    );
  });
  after(() => service.close());

  const parametersOf = (place: string): readonly string[] =>
    (operations.get(place)?.parameters ?? []).map((parameter) => `${parameter.in} ${parameter.name}`);

  it('is complete: references resolve, and ids, parameters and path variables are unique', () => {
    for (const reference of referencesIn(document)) {
      expect(memberOf(document, reference.split('/').slice(1)), reference).to.be.an('object');
    }
    const ids = [...operations.values()].map(({ operationId }) => operationId);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const [place, { tags }] of operations) {
      const names = parametersOf(place);
      expect(new Set(names).size, place).to.equal(names.length);
      const variables = [...place.matchAll(/\{(\w+)\}/g)].map(([, name]) => `path ${name ?? ''}`);
      expect(
        names.filter((name) => name.startsWith('path')),
        place,
      ).to.deep.equal(variables);
      expect(tags, place).to.have.length(1);
    }
  });

  it('lists exactly the parameters of each call', () => {
    const change = CHANGE.map((name) => `header ${name}`);
    const org = 'header x-zitadel-orgid';
    const atLeast = ['header Login-Policy-At-Least', 'header x-request-id'];
    const wanted: Readonly<Record<string, readonly string[]>> = {
      'GET /admin/v1/healthz': [],
      'GET /admin/v1/policies/login': ['query asOf', atLeast[0] ?? '', 'header If-None-Match', 'header x-request-id'],
      'PUT /admin/v1/policies/login': change,
      'POST /admin/v1/policies/login/idps/_search': ['query asOf', ...atLeast],
      'POST /management/v1/policies/login/auth_factors/_search': ['query asOf', org, ...atLeast],
      'DELETE /management/v1/policies/login/idps/{idp_id}': ['path idp_id', org, ...change],
      'GET /v2/settings/login': [
        'query ctx.orgId',
        'query ctx.instance',
        'query asOf',
        org,
        atLeast[0] ?? '',
        'header If-None-Match',
        'header x-request-id',
      ],
      'POST /admin/v1/policies/login/_preview': [
        'header Idempotency-Key',
        'header If-Match',
        'header Login-Policy-If-Seen',
        'header Login-Policy-Acknowledge',
        ...atLeast,
      ],
      'GET /management/v1/policies/login/diff': ['query from', 'query to', org, ...atLeast],
      'POST /management/v1/policies/login/_revert': [org, ...change],
      'POST /management/v1/policies/login/_customize': [org, ...change],
      'POST /management/v1/policies/login/_evaluate_sign_in': [org, ...atLeast],
    };
    for (const [place, names] of Object.entries(wanted))
      expect([...parametersOf(place)].sort(), place).to.deep.equal([...names].sort());
  });

  it('says which permissions a call needs', () => {
    const revert = operations.get('POST /management/v1/policies/login/_revert');
    expect(revert?.description).to.equal('Needs the permission policy.write and the permission policy.delete.');
    const customize = operations.get('POST /management/v1/policies/login/_customize');
    expect(customize?.description).to.equal('Needs the permission policy.write.');
    const permissions = operations.get('POST /admin/v1/policies/login/_permissions');
    expect(permissions?.description).to.equal('Needs a known caller, and no permission.');
  });

  it('describes the answers', async () => {
    const headers = { 'x-zitadel-orgid': ACME };
    await askOf(service, 'POST /management/v1/policies/login', {
      headers,
      body: { secondFactors: [1, 5], multiFactors: [1], idps: [{ idpId: 'a', ownerType: 1 }], forceMfa: true },
    });
    for (const [place, query] of [
      ['GET /admin/v1/policies/login', ''],
      ['GET /management/v1/policies/login', ''],
      ['GET /management/v1/policies/default/login', ''],
      ['GET /v2/settings/login', `?ctx.orgId=${ACME}`],
      ['GET /management/v1/policies/login/history', ''],
      ['GET /management/v1/policies/login/diff', '?from=1'],
      ['POST /management/v1/policies/login/idps/_search', ''],
      ['POST /management/v1/policies/login/second_factors/_search', ''],
      ['POST /management/v1/policies/login/auth_factors/_search', ''],
      ['POST /management/v1/policies/login/second_factors', ''],
    ]) {
      const { at, status } = await askOf(service, `${place ?? ''}${query ?? ''}`, { headers });
      const responses = operations.get(place ?? '')?.responses;
      const response: unknown =
        status === 200 ? responses?.['200'] : memberOf(document, ['components', 'responses', `${status}`]);
      const schema = memberOf(response, ['content', 'application/json', 'schema']);
      expect(schema, place).to.be.an('object');
      expect(misfit(schema, at()), place).to.equal(undefined);
    }
  });

  it('passes the recommended rules of the Redocly linter', async () => {
    const config = await createConfig({ extends: ['recommended-strict'] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    const found = problems.map(({ location, message }) => `${location[0]?.pointer ?? ''}: ${message}`);
    // What is open to all and takes nothing can't be refused.
    const healthz = found.filter((problem) => /~1healthz\/get\/responses: .*at least one `4XX`/.test(problem));
    expect([found.length, ...found.filter((problem) => !healthz.includes(problem))]).to.deep.equal([2]);
  });

  it('lists every refusal of a path', async () => {
    const headers = { 'x-zitadel-orgid': ACME };
    const given: readonly (readonly [Readonly<Record<string, string>>, object?])[] = [
      [{ authorization: 'Bearer of-a-stranger' }],
      [{ authorization: `Bearer ${NOBODY}` }],
      [{ 'if-match': '"999"', 'login-policy-at-least': 'nonsense', 'idempotency-key': '' }],
      [{ 'if-match': '"999"' }, { type: 1, idpId: 'a', ownerType: 1, method: 'UpdateLoginPolicy', to: '1' }],
      [{}, { defaultRedirectUri: 'x'.repeat(300_000) }],
      [{}, { type: 1 }],
      [{}, { to: '77' }],
    ];
    const met = new Set<string>();
    for (const [place, { responses }] of operations) {
      const [verb, path = ''] = place.split(' ');
      const asked = `${verb} ${path.replace('{idp_id}', 'a').replace('{type}', '1')}`;
      for (const [more, body] of given) {
        const hasBody = verb !== 'GET' && body !== undefined;
        const { status } = await askOf(service, asked, { headers: { ...headers, ...more }, ...(hasBody && { body }) });
        met.add(String(status));
        expect(Object.keys(responses), `${place} answers ${status}`).to.include(String(status));
      }
    }
    expect([...met].sort()).to.deep.equal(['200', '400', '401', '403', '404', '409', '412', '413', '501']);
  });

  /** Where a value is not as its schema says; `undefined` when all of it is. */
  function misfit(schema: unknown, value: unknown, path = ''): string | undefined {
    const reference = memberOf(schema, ['$ref']);
    if (typeof reference === 'string') return misfit(memberOf(document, reference.split('/').slice(1)), value, path);
    const choices = memberOf(schema, ['oneOf']);
    if (Array.isArray(choices)) return choices.some((one) => misfit(one, value, path) === undefined) ? undefined : path;
    const isType = isOfType(value, memberOf(schema, ['type']));
    const [names, pattern] = [memberOf(schema, ['enum']), memberOf(schema, ['pattern'])];
    if (!isType || (Array.isArray(names) && !names.includes(value))) return path;
    if (typeof pattern === 'string' && !new RegExp(pattern).test(String(value))) return path;
    const [items, properties] = [memberOf(schema, ['items']), memberOf(schema, ['properties'])];
    if (Array.isArray(value)) return first(value.map((item, index) => misfit(items, item, `${path}[${index}]`)));
    if (properties === undefined || !(value instanceof Object)) return undefined;
    return first(
      Object.entries(value).map(([name, member]) => misfit(memberOf(properties, [name]), member, `${path}.${name}`)),
    );
  }
});

function isOfType(value: unknown, type: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

function first(found: readonly (string | undefined)[]): string | undefined {
  return found.find((one) => one !== undefined);
}

function memberOf(of: unknown, path: readonly string[]): unknown {
  return path.reduce((value, name): unknown => (value instanceof Object ? Reflect.get(value, name) : undefined), of);
}

function referencesIn(value: unknown): readonly string[] {
  if (!(value instanceof Object)) return [];
  return Object.entries(value).flatMap(([name, member]): readonly string[] =>
    name === '$ref' && typeof member === 'string' ? [member] : referencesIn(member),
  );
}
