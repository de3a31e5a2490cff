import { staticTokens, type Caller } from '@login-policy/api';
import { orThrow } from '@login-policy/domain';
import { rollOut } from '@login-policy/domain/rollout';
import { openProposals, type Proposals } from '@login-policy/proposals';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { askOf, type Asked, type Reply } from './rest-client.js';
import { ACME, GLOBEX, INSTANCE, openService, type Service } from './service.js';

const ADMIN = '/admin/v1/policies/login';
const OWN = '/management/v1/policies/login';
const ORGANIZATION = ['policy.read', 'policy.write', 'policy.delete'];
const ALL = ['iam.policy.read', 'iam.policy.write', ...ORGANIZATION];
const organization = { 'x-zitadel-orgid': ACME };
const REASON = { 'login-policy-reason': 'cloned%20apps' };
const MORE = { type: 'addSecondFactor', factor: 'OTP_EMAIL' } as const;
const NO_TOTP = { type: 'removeSecondFactor', factor: 'TOTP' } as const;

const of = (id: string, permissions: readonly string[], more: Partial<Caller> = {}): Caller => ({
  ...{ id, instanceId: INSTANCE, grants: [{ permissions }] },
  ...more,
});
const callers: Readonly<Record<string, Caller>> = {
  ann: of('ann', ALL),
  'ann-2': of('ann-2', ALL, { subject: 'ann' }),
  bob: of('bob', ALL),
  chief: of('chief', [...ALL, 'iam.policy.emergency', 'policy.emergency']),
  reader: of('reader', ['iam.policy.read', 'policy.read']),
  looker: of('looker', ['iam.policy.read']),
  owner: of('owner', [], {
    organizationId: ACME,
    grants: [{ permissions: [...ORGANIZATION, 'policy.emergency'], organizationId: ACME }],
  }),
};

const tokenOf = (name: string): string => `token-of-the-person-${name}`;
const byToken = Object.fromEntries(Object.entries(callers).map(([name, caller]) => [tokenOf(name), caller]));

let service: Service;
let proposals: Proposals;
beforeEach(async () => {
  service = await openService({
    ports: { authenticate: staticTokens(byToken) },
    async openProposals({ policies, store }) {
      const mayApprove = ({ actor }: { readonly actor: string }): boolean => actor !== 'reader';
      proposals = await openProposals({ store, loginPolicies: policies, mayApprove });
      return proposals;
    },
  });
});
afterEach(() => service.close());

const ask = (place: string, token: string, asked: Asked = {}): Promise<Reply> =>
  askOf(service, place, { ...asked, token: tokenOf(token) });
const idOf = (reply: Reply): unknown => reply.at('details.0.id');

async function seenBy(token: string): Promise<unknown> {
  return (await ask(`GET ${ADMIN}/whole`, token)).at('seen');
}

async function proposed(more: object = {}): Promise<string> {
  const body = { command: NO_TOTP, seen: await seenBy('ann'), ...more };
  const reply = await ask(`POST ${ADMIN}/_propose`, 'ann', { body, headers: REASON });
  expect(reply.status, JSON.stringify(reply.at())).to.equal(200);
  return String(reply.at('proposal.id'));
}

describe('a change that others have to approve', () => {
  it('is refused by name in every form, with an offer to propose it, and changes nothing', async () => {
    const before = rollOut(service.policies, { instanceId: INSTANCE }, MORE, { id: 'before', actor: 'set-up' });
    const progress = [];
    for await (const one of before.carryOut()) progress.push(one);
    expect(progress).not.to.deep.equal([]);
    const direct = [
      ask(`DELETE ${ADMIN}/second_factors/SECOND_FACTOR_TYPE_OTP`, 'ann'),
      ask(`POST ${ADMIN}/_execute`, 'ann', { body: { command: NO_TOTP } }),
      ask(`POST ${ADMIN}/_roll_out`, 'ann', { body: { id: 'r', command: NO_TOTP } }),
      ask(`POST ${ADMIN}/_revert_rollout`, 'ann', { body: { id: 'before' } }),
      ask('POST /zitadel.admin.v1.AdminService/RemoveSecondFactorFromLoginPolicy', 'ann', {
        body: { type: 'SECOND_FACTOR_TYPE_OTP' },
        headers: { 'content-type': 'application/json' },
      }),
    ];
    for (const reply of await Promise.all(direct)) {
      expect([reply.status, JSON.stringify(reply.at())]).to.satisfy(
        ([status, text]: [number, string]) =>
          status === 400 && text.includes('LP-PROPOSAL-01') && text.includes('_propose'),
      );
    }
    expect(orThrow(await service.policies.policy({ instanceId: INSTANCE })).policy.secondFactors).to.include('TOTP');
  });

  it("is refused beside another's change under the same x-request-id, which a caller chooses", async () => {
    orThrow(await service.policies.customize({ instanceId: INSTANCE, organizationId: ACME }, { actor: 'set-up' }));
    const place = `POST ${OWN}/_execute`;
    const seen = String((await ask(`GET ${OWN}/whole`, 'ann', { headers: organization })).at('seen'));
    const headers = { ...organization, 'x-request-id': 'plan-1' };
    const theirs = { body: { command: { type: 'change', settings: { forceMfa: true } } }, headers };
    expect((await ask(place, 'bob', theirs)).status).to.equal(200);
    const command = { type: 'change', settings: { hidePasswordReset: true } };
    const mine = { body: { command }, headers: { ...headers, 'login-policy-if-seen': seen } };
    expect((await ask(place, 'ann', mine)).status).to.equal(409);
    expect((await ask(`POST ${OWN}/_preview`, 'ann', mine)).status).to.equal(409);
  });

  it('and what needs nobody is carried out directly; a repetition gets its first answer', async () => {
    const own = { instanceId: INSTANCE, organizationId: ACME };
    orThrow(await service.policies.customize(own, { actor: 'set-up' }));
    const headers = { ...organization, 'idempotency-key': 'more' };
    const add = () =>
      ask(`POST ${OWN}/_execute`, 'owner', {
        body: { command: { type: 'change', settings: { forceMfa: true } } },
        headers,
      });
    const first = await add();
    expect([first.status, first.at('isRepeated')]).to.deep.equal([200, false]);
    const again = await add();
    expect([again.status, again.at('isRepeated'), again.at('details')]).to.deep.equal([200, true, first.at('details')]);
  });
});

describe('proposals over REST', () => {
  it('are proposed, looked at, approved by another person, and carried out', async () => {
    const id = await proposed();
    const looked = await ask(`GET ${ADMIN}/proposal?id=${id}`, 'bob');
    expect([looked.at('proposal.stage'), looked.at('now.needed'), looked.at('now.steps.0.kind')]).to.deep.equal([
      'open',
      1,
      'preview',
    ]);
    const body = { id, seen: looked.at('now.seen') };
    for (const token of ['ann', 'ann-2']) {
      const own = await ask(`POST ${ADMIN}/_approve_proposal`, token, { body });
      expect([own.status, idOf(own)]).to.deep.equal([403, 'LP-PROPOSAL-06']);
    }
    const approved = await ask(`POST ${ADMIN}/_approve_proposal`, 'bob', { body });
    expect([approved.status, approved.at('proposal.stage')]).to.deep.equal([200, 'approved']);
    await proposals.carryOutDue();
    const list = await ask(`GET ${ADMIN}/proposals`, 'reader');
    expect([list.at('proposals.0.id'), list.at('proposals.0.stage')]).to.deep.equal([id, 'carried-out']);
    expect((await ask(`GET ${ADMIN}/proposals?which=waiting`, 'reader')).at('proposals')).to.deep.equal([]);
    const closed = await ask(`POST ${ADMIN}/_withdraw_proposal`, 'ann', { body: { id } });
    expect([closed.status, idOf(closed)]).to.deep.equal([400, 'LP-PROPOSAL-04']);
  });

  it('are rejected with a reason, or withdrawn by their proposer alone', async () => {
    const [one, two] = [await proposed(), await proposed()];
    const rejected = await ask(`POST ${ADMIN}/_reject_proposal`, 'bob', { body: { id: one }, headers: REASON });
    expect(rejected.at('proposal.closedBy')).to.deep.equal({ actor: 'bob', subject: 'bob', reason: 'cloned apps' });
    expect(idOf(await ask(`POST ${ADMIN}/_withdraw_proposal`, 'bob', { body: { id: two } }))).to.equal(
      'LP-PROPOSAL-06',
    );
    const withdrawn = await ask(`POST ${ADMIN}/_withdraw_proposal`, 'ann-2', { body: { id: two } });
    expect(withdrawn.at('proposal.stage')).to.equal('withdrawn');
  });

  it('need a reason, and to see what they change; a stale look is refused with what was changed', async () => {
    const body = { command: NO_TOTP, seen: await seenBy('ann') };
    const without = await ask(`POST ${ADMIN}/_propose`, 'ann', { body });
    expect([without.status, idOf(without)]).to.deep.equal([400, 'LP-ARG-03']);
    const id = await proposed();
    const seen = (await ask(`GET ${ADMIN}/proposal?id=${id}`, 'bob')).at('now.seen');
    orThrow(await service.policies.change({ instanceId: INSTANCE }, { forceMfa: true }, { actor: 'set-up' }));
    const stale = await ask(`POST ${ADMIN}/_approve_proposal`, 'bob', { body: { id, seen } });
    expect([stale.status, idOf(stale)]).to.deep.equal([409, 'LP-COND-06']);
    const late = await ask(`POST ${ADMIN}/_propose`, 'ann', { body, headers: REASON });
    expect([late.status, idOf(late)]).to.deep.equal([409, 'LP-COND-06']);
  });

  it('of an organization are its own: no other is seen, and none of the instance', async () => {
    const ofInstance = await proposed();
    const seen = (await ask(`GET ${OWN}/whole`, 'owner', { headers: organization })).at('seen');
    const body = { command: { type: 'customize' }, seen, id: 'own' };
    const made = await ask(`POST ${OWN}/_propose`, 'owner', { body, headers: { ...organization, ...REASON } });
    expect(made.status, JSON.stringify(made.at())).to.equal(200);
    const list = await ask(`GET ${OWN}/proposals`, 'owner', { headers: organization });
    expect([list.at('proposals.0.id'), list.at('proposals.1')]).to.deep.equal(['own', undefined]);
    const hidden = await ask(`GET ${OWN}/proposal?id=${ofInstance}`, 'owner', { headers: organization });
    expect([hidden.status, idOf(hidden)]).to.deep.equal([404, 'LP-PROPOSAL-02']);
    const approving = await ask(`POST ${OWN}/_approve_proposal`, 'owner', {
      body: { id: ofInstance, seen: [seen] },
      headers: organization,
    });
    expect(approving.status).to.equal(404);
    const elsewhere = { 'x-zitadel-orgid': GLOBEX };
    expect((await ask(`GET ${OWN}/proposal?id=own`, 'ann', { headers: elsewhere })).status).to.equal(404);
    expect((await ask(`GET ${ADMIN}/proposals`, 'owner')).status).to.equal(403);
  });

  it('of plans and rollouts need the permissions of every policy in them', async () => {
    const seen = await seenBy('ann');
    const own = (await ask(`GET ${OWN}/whole`, 'ann', { headers: organization })).at('seen');
    const steps = [
      { command: NO_TOTP, seen },
      { organizationId: ACME, command: { type: 'customize' }, seen: own },
    ];
    const plan = await ask(`POST ${ADMIN}/_propose`, 'ann', { body: { steps }, headers: REASON });
    // A copy of the default is made before the default changes.
    const ofSteps = [0, 1].map((place) => plan.at(`proposal.change.steps.${place}.organizationId`));
    expect(ofSteps).to.deep.equal([ACME, undefined]);
    const rollout = { command: NO_TOTP, seen };
    const made = await ask(`POST ${ADMIN}/_propose`, 'ann', { body: { rollout }, headers: REASON });
    expect(made.at('proposal.change.type')).to.equal('rollout');
    expect((await ask(`POST ${ADMIN}/_propose`, 'reader', { body: { rollout }, headers: REASON })).status).to.equal(
      403,
    );
    const looked = await ask(`GET ${ADMIN}/proposal?id=${String(made.at('proposal.id'))}`, 'bob');
    expect([looked.at('now.plan.kind'), looked.at('now.needed')]).to.deep.equal(['rollout-plan', 1]);
  });

  it('name no organizations to callers that may not list them', async () => {
    const id = await proposed();
    const affected = async (token: string) =>
      (await ask(`GET ${ADMIN}/proposal?id=${id}`, token)).at('now.steps.0.affected.organizations.0.organizationId');
    expect([await affected('reader'), await affected('looker')]).to.deep.equal([ACME, undefined]);
  });
});

describe('an emergency over REST', () => {
  it('needs a permission of its own and a reason, and is carried out at once', async () => {
    const body = { command: NO_TOTP, seen: await seenBy('ann') };
    const denied = await ask(`POST ${ADMIN}/_emergency`, 'ann', { body, headers: REASON });
    expect([denied.status, denied.at('message')]).to.satisfy(
      ([status, message]: [number, string]) => status === 403 && message.includes('iam.policy.emergency'),
    );
    expect((await ask(`POST ${ADMIN}/_emergency`, 'chief', { body })).status).to.equal(400);
    const done = await ask(`POST ${ADMIN}/_emergency`, 'chief', { body, headers: REASON });
    expect([done.status, done.at('proposal.stage'), done.at('proposal.isEmergency')]).to.deep.equal([
      200,
      'carried-out',
      true,
    ]);
    const { policy } = orThrow(await service.policies.policy({ instanceId: INSTANCE }));
    expect(policy.secondFactors).to.deep.equal(['U2F']);
  });
});

describe('hostile input to proposals', () => {
  it('is refused at each route, and breaks nothing', async () => {
    const id = await proposed();
    const seen = await seenBy('ann');
    const tries: readonly (readonly [string, unknown, number])[] = [
      ['_propose', {}, 400],
      ['_propose', { command: NO_TOTP, steps: [], seen }, 400],
      ['_propose', { command: { type: 'propose', change: {} }, seen }, 400],
      ['_propose', { command: NO_TOTP, seen: { $ne: null } }, 400],
      ['_propose', { command: NO_TOTP, seen: '\u0000' }, 400],
      ['_propose', { command: NO_TOTP, seen, at: 'never' }, 400],
      ['_propose', { command: NO_TOTP, seen, at: 5 }, 400],
      ['_propose', { command: NO_TOTP, seen, id: '../x' }, 400],
      ['_propose', { command: NO_TOTP, seen, subject: 'bob' }, 400],
      ['_propose', { steps: [null] }, 400],
      ['_propose', { steps: [{ command: NO_TOTP, seen, owner: {} }] }, 400],
      ['_propose', { steps: Array.from({ length: 101 }, () => ({ command: NO_TOTP, seen })) }, 400],
      ['_propose', { rollout: { command: { type: 'customize' }, seen } }, 400],
      ['_propose', { rollout: { command: NO_TOTP, seen, organizationIds: [] } }, 400],
      ['_emergency', { command: NO_TOTP, seen, at: '2030-01-01T00:00:00Z' }, 400],
      ['_approve_proposal', { id, seen: [] }, 400],
      ['_approve_proposal', { id, seen: 'x' }, 400],
      ['_approve_proposal', { id }, 400],
      ['_approve_proposal', { id: 'none', seen: [seen] }, 404],
      ['_approve_proposal', { id: '__proto__', seen: [seen] }, 404],
      ['_reject_proposal', { id: ['x'] }, 400],
      ['_withdraw_proposal', { id: 'x'.repeat(101) }, 400],
    ];
    for (const [route, given, status] of tries) {
      const body = JSON.parse(JSON.stringify(given));
      const reply = await ask(`POST ${ADMIN}/${route}`, 'chief', { body, headers: REASON });
      expect(reply.status, `${route} ${JSON.stringify(given).slice(0, 80)}: ${JSON.stringify(reply.at())}`).to.equal(
        status,
      );
    }
    for (const query of ['which=some', 'limit=0', 'limit=x', 'after=%2F', 'all=1'])
      expect((await ask(`GET ${ADMIN}/proposals?${query}`, 'ann')).status, query).to.equal(400);
    expect((await ask(`GET ${ADMIN}/proposal`, 'ann')).status).to.equal(400);
    expect(service.failures).to.deep.equal([]);
    expect((await ask(`GET ${ADMIN}/proposal?id=${id}`, 'ann')).at('proposal.stage')).to.equal('open');
  });
});
