import { after, before, describe, it } from 'mocha';
import { expect } from 'chai';
import { askOf, type Reply } from './rest-client.js';
import { ACME, openService, type Service } from './service.js';

const BASE = /^\/(?:admin|management)\/v1\/policies\/login\//;
const OF_ZITADEL = /_search$|factors|idps|default_policy/;
const OPTIONS = { headers: { 'x-zitadel-orgid': ACME } };

/** The routes of our own, by the OpenAPI document: `GET /admin/v1/policies/login/history`, and its parameters. */
function ownRoutes(service: Service): ReadonlyMap<string, readonly string[]> {
  const routes = new Map<string, readonly string[]>();
  for (const [path, verbs] of membersOf(service.api.openApi['paths'])) {
    if (!BASE.test(path) || OF_ZITADEL.test(path)) continue;
    for (const [verb, operation] of membersOf(verbs)) {
      const parameters = membersOf(new Map(membersOf(operation)).get('parameters')).map(([, one]) => Object(one));
      const inQuery = parameters.filter((one: object) => Reflect.get(one, 'in') === 'query');
      routes.set(
        `${verb.toUpperCase()} ${path}`,
        inQuery.map((one: object) => String(Reflect.get(one, 'name'))),
      );
    }
  }
  return routes;
}

function membersOf(value: unknown): readonly (readonly [string, unknown])[] {
  return Object.entries(Object(value));
}

describe('a parameter of a query that a route of our own does not have', () => {
  let service: Service;
  before(async () => {
    service = await openService({ isAudited: true });
  });
  after(() => service.close());
  const ask = (route: string): Promise<Reply> =>
    askOf(service, route, { ...OPTIONS, ...(route.startsWith('POST') && { body: {} }) });

  it('is refused by each of them, so that no answer is about another moment or number than was asked for', async () => {
    const routes = ownRoutes(service);
    expect(routes.size).to.equal(27);
    for (const [route, parameters] of routes) {
      const wrong = ['nobody=1', 'limits=1', ...(parameters.includes('asOf') ? [] : ['asOf=1'])];
      for (const query of wrong) {
        const { at, status } = await ask(`${route}?${query}`);
        expect([route, query, status, at('details.0.id')]).to.deep.equal([route, query, 400, 'LP-ARG-01']);
        expect(at('message')).to.include(query.split('=')[0]);
      }
    }
  });

  it('is refused by the routes of ZITADEL, too, unless unknown names are to be ignored', async () => {
    const read = 'GET /admin/v1/policies/login';
    const wrong: readonly (readonly [string, string])[] = [
      [`${read}?asof=4`, 'asof is not a parameter of this request. Did you mean asOf?'],
      ['GET /v2/settings/login?ctx.orgid=1', 'ctx.orgid is not a parameter of this request. Did you mean ctx.orgId?'],
      ['GET /v2/settings/login?ctx=1', 'ctx is not a parameter of this request.'],
      ['POST /admin/v1/policies/login/idps/_search?limit=2', 'limit is not a parameter of this request.'],
      ['POST /admin/v1/policies/login/multi_factors/_search?limit=2', 'limit is not a parameter of this request.'],
      ['DELETE /admin/v1/policies/login/second_factors/1?asOf=4', 'asOf is not a parameter of this request.'],
    ];
    for (const [route, sentence] of wrong) {
      const { at, status } = await ask(route);
      expect([route, status, at('message')]).to.deep.equal([route, 400, `${sentence} (LP-ARG-01)`]);
    }
    for (const right of [`${read}?asOf=4`, `GET /v2/settings/login?ctx.orgId=${ACME}`, 'GET /admin/v1/healthz?probe=1'])
      expect([right, (await ask(right)).status]).to.deep.equal([right, 200]);
    const lenient = await openService({ api: { unknownNames: 'ignore' } });
    expect((await askOf(lenient, `${read}?asof=4`, OPTIONS)).status).to.equal(200);
    await lenient.close();
  });

  it('is refused when a moment is named twice, by the routes of ZITADEL, too', async () => {
    for (const path of ['/admin/v1/policies/login', '/management/v1/policies/login']) {
      const { at, status } = await ask(`GET ${path}?asOf=1&asOf=2`);
      expect([status, at('message')]).to.deep.equal([400, 'asOf can be given once. (LP-ARG-01)']);
    }
    expect((await ask('GET /admin/v1/policies/login/diff?from=1&to=1&to=2')).status).to.equal(400);
  });
});
