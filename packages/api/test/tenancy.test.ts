import { describe, it } from 'mocha';
import { expect } from 'chai';
import { holdsGrant, staticTokens, type Caller, type Ports } from '@login-policy/api';
import { CLIENTS } from './clients/all.js';
import { INSTANCE_LIFE, ORGANIZATION_LIFE, SETTINGS_LIFE } from './life.js';
import { ACME, countEvents, INSTANCE, openService, ROOT } from './service.js';

const BASES = ['/admin/v1/policies/login', '/management/v1/policies/login'];
const OWN_ROUTES = [
  'GET history',
  'GET diff?from=1',
  'POST _preview',
  'POST _revert',
  'POST _execute',
  'GET whole',
].flatMap((route) => {
  const [method, name] = route.split(' ');
  return BASES.map((base) => `${method} ${base}/${name}`);
});

const OF_ORGANIZATIONS = ['_customize'].map((name) => `POST /management/v1/policies/login/${name}`);

const OF_INSTANCES = [
  ...['GET organizations/custom', 'GET organizations/default', 'GET rollout?id=a', 'GET organizations/policies'],
  ...['POST _plan_rollout', 'POST _roll_out', 'POST _revert_rollout', 'POST _permissions'],
].map((route) => route.replace(' ', ' /admin/v1/policies/login/'));

/** An administrator of a neighbour: all there is to be granted, in another instance. */
const stranger: Caller = {
  id: 'administrator-of-another-instance',
  instanceId: '79629023906488335',
  organizationId: ACME,
  grants: [
    { permissions: ['iam.policy.read', 'iam.policy.write', 'policy.read', 'policy.write', 'policy.delete'] },
    { permissions: ['policy.read', 'policy.write', 'policy.delete'], organizationId: ACME },
  ],
};

/** A program that lets in every caller it knows, and notes whom it was asked about. */
function trustful(asked: string[]): Partial<Ports> {
  return {
    authenticate: staticTokens({ [ROOT]: stranger }),
    isAllowed: ({ id }) => asked.push(id) > 0,
    organizations: { exists: ({ organizationId }) => asked.push(organizationId) > 0 },
  };
}

describe('a caller of another instance', () => {
  it('is refused over every protocol and in every method, before any hook is called', async () => {
    const asked: string[] = [];
    const service = await openService({ ports: trustful(asked) });
    const had = await countEvents(service.store);
    for (const makeClient of CLIENTS) {
      const client = makeClient(service.url);
      const steps = [...INSTANCE_LIFE, ...ORGANIZATION_LIFE, ...SETTINGS_LIFE].filter(
        ({ method, service: of, token }) => method !== 'Healthz' && token === ROOT && client.services.includes(of),
      );
      const methods = new Map(steps.map((step) => [`${step.service}.${step.method}`, step]));
      for (const [name, step] of methods) {
        expect(await client.call(step), `${client.name}: ${name}`).to.include({ ok: false, code: 7, id: 'LP-AUTH-02' });
      }
      client.close?.();
    }
    expect([asked, await countEvents(service.store)]).to.deep.equal([[], had]);
    await service.close();
  });

  it('is also refused by our own routes', async () => {
    const asked: string[] = [];
    const service = await openService({ ports: trustful(asked) });
    for (const route of [...OWN_ROUTES, ...OF_ORGANIZATIONS, ...OF_INSTANCES]) {
      const [method = '', path = ''] = route.split(' ');
      const headers = { authorization: `Bearer ${ROOT}` };
      const answer = await fetch(`${service.url}${path}`, { method, headers });
      expect([route, answer.status]).to.deep.equal([route, 403]);
    }
    expect(asked).to.deep.equal([]);
    await service.close();
  });

  it('has no grant in this instance', () => {
    const place = { instanceId: INSTANCE, organizationId: ACME };
    expect(holdsGrant(stranger, 'policy.read', place)).to.equal(false);
  });
});

const IDS = [
  ['Ωmega 組織', 'utf8'],
  ['Zürich', 'utf8'],
  ['Zürich', 'latin1'],
  [ACME, 'latin1'],
] as const;

describe('the organization in a header', () => {
  it('may have any id, in UTF-8, or in Latin-1 as web pages send it', async () => {
    const asked: string[] = [];
    const exists: Ports['organizations']['exists'] = ({ organizationId }) => asked.push(organizationId) > 0;
    const service = await openService({ ports: { organizations: { exists } } });
    const path = '/management/v1/policies/login';
    for (const [id, encoding] of IDS) {
      const bytes = Buffer.from(id, encoding).toString('latin1');
      const headers = { authorization: `Bearer ${ROOT}`, 'x-zitadel-orgid': bytes };
      await (await fetch(`${service.url}${path}`, { headers })).text();
      await service.api.fetch(new Request(`http://x${path}`, { headers }));
    }
    expect(asked).to.deep.equal(IDS.flatMap(([id]) => [id, id]));
    await service.close();
  });
});
