import { staticTokens, type Caller } from '@login-policy/api';
import { orThrow } from '@login-policy/domain';
import { rollOut } from '@login-policy/domain/rollout';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { linesOf } from './lines-of.js';
import { askOf } from './rest-client.js';
import { ACME, GLOBEX, INSTANCE, openService, ROOT, type Service } from './service.js';

const ADMIN = '/admin/v1/policies/login';
const instance = { instanceId: INSTANCE };
const acme = { ...instance, organizationId: ACME };
const OTHERS = new RegExp(`${ACME}|${GLOBEX}`);
const command = { type: 'removeMultiFactor', factor: 'U2F_WITH_VERIFICATION' };

/** May do everything to the default policy and to that of one organization, and read no other. */
const caller: Caller = {
  ...{ id: 'owner', ...instance },
  grants: [
    { permissions: ['iam.policy.read', 'iam.policy.write'] },
    { permissions: ['policy.read', 'policy.write'], organizationId: 'mine' },
  ],
};

describe('a caller who may not read every policy of the instance', () => {
  let service: Service;
  before(async () => {
    service = await openService({ ports: { authenticate: staticTokens({ [ROOT]: caller }) } });
    for (const organizationId of ['mine', ACME])
      orThrow(await service.policies.customize({ ...instance, organizationId }, { actor: 'set-up' }));
    const by = { id: 'before', actor: 'root' };
    const rollout = rollOut(service.policies, instance, { type: 'addSecondFactor', factor: 'OTP_SMS' }, by);
    for await (const { refused } of rollout.carryOut()) expect(refused).to.equal(0);
  });
  after(() => service.close());

  it('is told the names of its organizations by no rollout over all of them', async () => {
    for (const [route, body] of [
      ['_plan_rollout', { id: 'a', command }],
      ['_roll_out', { id: 'a', command }],
      ['_roll_out', { id: 'a', command, withDefault: false }],
      ['_revert_rollout', { id: 'before' }],
    ] as const) {
      const { at, status } = await askOf(service, `POST ${ADMIN}/${route}`, { body });
      expect([route, status, at('details.0.id')]).to.deep.equal([route, 403, 'LP-AUTH-02']);
    }
    expect((await askOf(service, `GET ${ADMIN}/rollout?id=before`, {})).status).to.equal(403);
    expect(orThrow(await service.policies.policy(acme)).policy.multiFactors).to.have.length(1);
  });

  it('may roll out to those that they name, with the default', async () => {
    const body = { id: 'b', command, organizationIds: ['mine'], withDefault: true };
    const run = await linesOf(service, `${ADMIN}/_roll_out`, { body });
    expect(run.lines.at(-1)).to.deep.nested.include({ 'end.changed': 2, 'end.refused': 0 });
    const query = `id=b&withDefault=true&organizationIds=${encodeURIComponent('["mine"]')}`;
    expect((await askOf(service, `GET ${ADMIN}/rollout?${query}`, {})).at('changed')).to.equal(2);
  });

  it('is told by a preview how many organizations it reaches, and not which', async () => {
    const change = { command: { type: 'change', settings: { forceMfa: true } } };
    const { at, status } = await askOf(service, `POST ${ADMIN}/_preview`, { body: change });
    expect([status, at('affected')]).to.deep.equal([200, { organizationIds: [], count: 1 }]);
    expect(JSON.stringify(at())).not.to.match(OTHERS);
  });
});
