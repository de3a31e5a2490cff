import { orThrow } from '@login-policy/domain';
import { openPeople, type Census, type UserClass } from '@login-policy/domain/people';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { askOf } from './rest-client.js';
import {
  ACME,
  AUDITOR,
  GLOBEX,
  INSTANCE,
  NOBODY,
  openService,
  OWNER_OF_ACME,
  READER,
  type Service,
} from './service.js';

const ADMIN = 'GET /admin/v1/policies/login/population';
const MANAGEMENT = 'GET /management/v1/policies/login/population';
const NONE = { users: 0, administrators: 0 };
const plain: UserClass = { hasPassword: true, factors: [], identityProviders: [], users: 3, administrators: 1 };

describe('the population over the API', () => {
  let service: Service;
  let problem: Error | undefined;
  const census: Census = async function* () {
    if (problem !== undefined) throw problem;
    yield [plain, { ...plain, organizationId: ACME, factors: ['TOTP'], users: 20, administrators: 2 }];
    yield [{ ...plain, organizationId: GLOBEX, users: 7, administrators: 0 }];
  };
  before(async () => {
    service = await openService({ api: { people: openPeople(census) } });
    const { policies } = service;
    const globex = { instanceId: INSTANCE, organizationId: GLOBEX };
    orThrow(await policies.customize(globex, { actor: 'root' }));
    orThrow(await policies.change(globex, { forceMfa: true }, { actor: 'root' }));
  });
  after(async () => {
    expect(service.failures).to.deep.equal([]);
    await service.close();
  });

  it('is described with each permission that it needs once', async () => {
    const openapi = await askOf(service, 'GET /openapi.json', { token: READER });
    const needs = (path: string) => openapi.at(`paths.${path}.get.description`);
    expect([ADMIN, MANAGEMENT].map((route) => needs(route.slice('GET '.length)))).to.deep.equal([
      'Needs the permission iam.policy.read and the permission policy.read.',
      'Needs the permission policy.read.',
    ]);
  });

  it('counts the users of an instance, and of an organization, by how they sign in', async () => {
    const all = await askOf(service, ADMIN, { token: READER });
    expect([all.status, all.at()]).to.deep.equal([
      200,
      {
        passkey: NONE,
        'two-factors': { users: 20, administrators: 2 },
        'one-factor': { users: 3, administrators: 1 },
        'set-up': { users: 7, administrators: 0 },
        'no-factor-left': NONE,
        'no-way-to-sign-in': NONE,
      },
    ]);
    const own = await askOf(service, MANAGEMENT, { token: OWNER_OF_ACME });
    expect([own.status, own.at('two-factors'), own.at('one-factor')]).to.deep.equal([
      200,
      { users: 20, administrators: 2 },
      NONE,
    ]);
  });

  it('says that it is unknown, and why, and never 0', async () => {
    problem = new Error('the users are elsewhere');
    const { at, status } = await askOf(service, ADMIN, {});
    problem = undefined;
    expect([status, at()]).to.deep.equal([200, { unknown: 'the users are elsewhere' }]);
  });

  it('needs the permission to read all policies that it judges by', async () => {
    for (const [place, token, status] of [
      [ADMIN, OWNER_OF_ACME, 403],
      [ADMIN, AUDITOR, 403],
      [ADMIN, '', 401],
      [MANAGEMENT, NOBODY, 403],
    ] as const)
      expect([place, (await askOf(service, place, { token })).status]).to.deep.equal([place, status]);
    const headers = { 'x-zitadel-orgid': GLOBEX };
    expect((await askOf(service, MANAGEMENT, { token: OWNER_OF_ACME, headers })).status).to.equal(403);
    expect((await askOf(service, `${ADMIN}?asOf=1`, {})).status).to.equal(400);
  });

  it('is not served without people', async () => {
    const bare = await openService();
    expect((await askOf(bare, ADMIN, {})).status).to.equal(404);
    await bare.close();
  });
});
