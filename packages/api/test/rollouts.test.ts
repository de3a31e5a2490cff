import { freshInstance, orThrow } from '@login-policy/domain';
import { holdsGrant } from '@login-policy/api';
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { linesOf, type LinesReply } from './lines-of.js';
import { askOf } from './rest-client.js';
import { ACME, countEvents, GLOBEX, INSTANCE, openService, OWNER_OF_ACME, READER, type Service } from './service.js';

const ADMIN = '/admin/v1/policies/login';
const PASSKEYS = 'MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION';
const REMOVE = { method: 'RemoveMultiFactorFromLoginPolicy', request: { type: PASSKEYS } };
const advisory = { id: 'advisory-1', ...REMOVE };
const WEAKER = {
  warning: 'weaker-sign-in',
  message:
    'Nothing requires a second factor, so users who have set up only what is taken away would sign in with one factor.',
};
const instance = { instanceId: INSTANCE };
const acme = { ...instance, organizationId: ACME };
const globex = { ...instance, organizationId: GLOBEX };

describe('a rollout over REST', () => {
  let service: Service;
  const told = (name: string, body: object = advisory, more: object = {}): Promise<LinesReply> =>
    linesOf(service, `${ADMIN}/${name}`, { body, ...more });
  beforeEach(async () => {
    service = await openService();
    orThrow(await service.policies.customize(acme, { actor: 'set-up' }));
    orThrow(await service.policies.customize(globex, { actor: 'set-up' }));
  });
  afterEach(() => service.close());
  const seenNow = (): Promise<readonly (string | undefined)[]> =>
    Promise.all([instance, acme, globex].map(async (one) => orThrow(await service.policies.policy(one)).seen));

  it('is planned line by line, carried out, found by its id, and reverted', async () => {
    const written = await countEvents(service.store);
    const plan = await told('_plan_rollout');
    const seen = await seenNow();
    expect([plan.status, plan.type]).to.deep.equal([200, 'application/x-ndjson']);
    expect(plan.lines.map(({ step, end }) => step ?? end)).to.deep.equal([
      ...[instance, acme, globex].map((owner, index) => ({
        owner,
        outcome: 'would-change',
        seen: seen[index],
        warnings: { introduced: [WEAKER], standing: [] },
        people: { unknown: 'No census of users was given.' },
      })),
      { counts: { 'would-change': 3, 'nothing-to-do': 0, 'would-be-refused': 0 }, seen: seen[0] },
    ]);
    expect(await countEvents(service.store)).to.equal(written);

    const run = await told('_roll_out', advisory, { headers: { 'login-policy-reason': 'cloned%20keys' } });
    const last = { done: 3, of: 3, changed: 3, refused: 0 };
    expect(run.lines).to.deep.equal([
      { progress: { done: 1, of: 3, changed: 1, refused: 0 } },
      { progress: last },
      { end: { ...last, stillAllowing: 0 } },
    ]);
    expect((await told('_roll_out')).lines.at(-1)).to.deep.equal({ end: { ...last, changed: 0, stillAllowing: 0 } });

    const state = await askOf(service, `GET ${ADMIN}/rollout?id=advisory-1`, { token: READER });
    expect({ ...Object(state.at()), recordedAt: '' }).to.deep.equal({
      ...{ id: 'advisory-1', actor: 'root', reason: 'cloned keys', recordedAt: '' },
      command: { type: 'removeMultiFactor', factor: 'U2F_WITH_VERIFICATION' },
      ...{ refused: [], changed: 3, unchanged: 0, pending: 0, stillAllowing: 0 },
    });
    orThrow(await service.policies.addSecondFactor(globex, 'OTP_SMS', { actor: 'set-up' }));
    const reverted = await told('_revert_rollout', { id: 'advisory-1' });
    expect(reverted.lines.at(-1)).to.deep.equal({ end: { done: 3, of: 3, changed: 2, refused: 1 } });
    expect(reverted.lines.find((line) => 'refusal' in line)).to.deep.nested.include({
      'refusal.owner': globex,
      'refusal.reason': 'sequence-not-current',
    });
  });

  it('may be limited to chosen organizations', async () => {
    const some = { ...advisory, organizationIds: [GLOBEX, 'nobody'] };
    const plan = await told('_plan_rollout', some);
    expect(plan.lines.map((line) => Object.keys(line)[0])).to.deep.equal(['step', 'step', 'end']);
    expect(plan.lines.at(-1)).to.deep.equal({
      end: {
        counts: { 'would-change': 1, 'nothing-to-do': 0, 'would-be-refused': 1 },
        seen: orThrow(await service.policies.policy(instance)).seen,
      },
    });
    const run = await told('_roll_out', some);
    expect(run.lines.find((line) => 'refusal' in line)).to.deep.nested.include({
      'refusal.reason': 'policy-not-found',
    });
    expect(run.lines.at(-1)).to.deep.equal({ end: { done: 2, of: 2, changed: 1, refused: 1, stillAllowing: 1 } });
    const among = `&organizationIds=${encodeURIComponent(JSON.stringify([GLOBEX, 'nobody']))}`;
    for (const [choice, counts] of [
      [among, { changed: 1, pending: 0 }],
      [`${among}&withDefault=true`, { changed: 1, pending: 1 }],
      ['&withDefault=false', { changed: 1, pending: 1 }],
      ['', { changed: 1, pending: 2 }],
    ] as const) {
      const { at } = await askOf(service, `GET ${ADMIN}/rollout?id=advisory-1${choice}`, {});
      expect({ changed: at('changed'), pending: at('pending') }, choice).to.deep.equal(counts);
    }
    const withDefault = { ...some, organizationIds: [GLOBEX], withDefault: true };
    expect((await told('_roll_out', withDefault)).lines.at(-1)).to.deep.nested.include({
      'end.of': 2,
      'end.changed': 1,
    });
    const reverted = await told('_revert_rollout', { id: advisory.id, organizationIds: [GLOBEX] });
    expect(reverted.lines.at(-1)).to.deep.equal({ end: { done: 1, of: 1, changed: 1, refused: 0 } });
    expect(orThrow(await service.policies.policy(instance)).policy.multiFactors).to.deep.equal([]);
  });

  it('is refused if the choice is misspelt or malformed', async () => {
    const lenient = await openService({ api: { unknownNames: 'ignore' } });
    const written = await countEvents(lenient.store);
    for (const [choice, word] of [
      [{ organizationIDs: [ACME] }, 'Did you mean organizationIds?'],
      [{ organizationIds: null }, 'organizationIds'],
      [{ organizationIds: ACME }, 'organizationIds'],
      [{ organizationIds: [1] }, 'organizationIds'],
      [{ organizationIds: [] }, 'organizationIds'],
      [{ withDefault: 'no' }, 'withDefault'],
    ] as const) {
      for (const route of ['_plan_rollout', '_roll_out', '_revert_rollout']) {
        const given = route === '_revert_rollout' ? { id: advisory.id } : advisory;
        const { at, status } = await askOf(lenient, `POST ${ADMIN}/${route}`, { body: { ...given, ...choice } });
        if (route === '_revert_rollout' && status === 404) continue;
        expect([status, at('code')], `${route} ${JSON.stringify(choice)}`).to.deep.equal([400, 3]);
        expect(at('message')).to.include(word);
      }
    }
    expect(await countEvents(lenient.store)).to.equal(written);
    await lenient.close();
  });

  it('changes only the given settings', async () => {
    orThrow(await service.policies.change(acme, { allowRegister: false }, { actor: 'set-up' }));
    const request = { force_mfa: true, passwordCheckLifetime: '3600s' };
    const run = await told('_roll_out', { id: 'mfa', method: 'Change', request });
    expect(run.lines.at(-1)).to.deep.equal({ end: { done: 3, of: 3, changed: 3, refused: 0 } });
    const { settings } = orThrow(await service.policies.policy(acme)).policy;
    expect([settings.forceMfa, settings.allowRegister, settings.allowUsernamePassword]).to.deep.equal([
      ...[true, false, true],
    ]);
    expect(settings.lifetimes.passwordCheck.toMillis()).to.equal(3_600_000);
    const state = await askOf(service, `GET ${ADMIN}/rollout?id=mfa`, {});
    expect(state.at('command')).to.deep.equal({
      type: 'change',
      settings: { forceMfa: true, lifetimes: { passwordCheck: 'PT1H' } },
    });
  });

  it('refuses malformed input, with the name of the field, and writes nothing', async () => {
    const written = await countEvents(service.store);
    for (const [body, word] of [
      [REMOVE, 'id'],
      [{ ...advisory, id: 7 }, 'id'],
      [{ ...advisory, id: '' }, 'id'],
      [{ ...advisory, id: 'x'.repeat(181) }, 'id'],
      [{ id: 'a' }, 'method must be one of Change, AddIDPToLoginPolicy'],
      [{ id: 'a', method: 'UpdateLoginPolicy' }, 'method'],
      [{ id: 'a', method: 'Revert', request: { to: '1' } }, 'method'],
      [{ ...advisory, request: [] }, 'request'],
      [{ ...advisory, request: { type: 'FACE' } }, 'type'],
      [{ ...advisory, reqest: {} }, 'Did you mean request?'],
      [{ id: 'a', method: 'Change', request: { forceMfa: null } }, 'settings'],
      [{ id: 'a', method: 'Change', request: { forceMFA: true } }, 'Did you mean forceMfa?'],
      [{ id: 'a', method: 'Change', request: { defaultRedirectUri: 'javascript:alert(1)' } }, 'defaultRedirectUri'],
    ] as const) {
      for (const route of ['_plan_rollout', '_roll_out']) {
        const { at, status } = await askOf(service, `POST ${ADMIN}/${route}`, { body });
        expect([status, at('code')], `${route} ${JSON.stringify(body)}`).to.deep.equal([400, 3]);
        expect(at('message'), JSON.stringify(body)).to.include(word);
      }
    }
    for (const header of ['If-Match', 'Idempotency-Key']) {
      const headers = { [header]: '"1"' };
      const { at, status } = await askOf(service, `POST ${ADMIN}/_roll_out`, { body: advisory, headers });
      expect([status, at('details.0.id')]).to.deep.equal([400, 'LP-ARG-04']);
    }
    expect(await countEvents(service.store)).to.equal(written);
  });

  it('is refused as a whole if the default is not as its plan saw it (T3)', async () => {
    const end = (await told('_plan_rollout')).lines.at(-1)?.['end'];
    const seen = typeof end === 'object' && end !== null && 'seen' in end ? String(end.seen) : '';
    orThrow(await service.policies.change(instance, { forceMfa: true }, { actor: 'bob' }));
    const written = await countEvents(service.store);
    const headers = { 'login-policy-if-seen': seen };
    const { at, status } = await askOf(service, `POST ${ADMIN}/_roll_out`, { body: advisory, headers });
    expect([status, at('details.0.id')]).to.deep.equal([409, 'LP-COND-06']);
    expect(await countEvents(service.store)).to.equal(written);
  });

  it('changes each policy as its step saw it, for thousands of steps', async () => {
    const seen = await seenNow();
    orThrow(await service.policies.change(globex, { forceMfa: true }, { actor: 'bob' }));
    const gone = Array.from({ length: 5000 }, (_, index) => String(seen[1]).replace(ACME, `gone-${index}`));
    const run = await told('_roll_out', { ...advisory, ifSeen: [...seen, ...gone] });
    expect(run.lines.find((line) => 'refusal' in line)).to.deep.nested.include({
      'refusal.owner': globex,
      'refusal.reason': 'changed-since',
    });
    expect(run.lines.at(-1)).to.deep.equal({ end: { done: 3, of: 3, changed: 2, refused: 1, stillAllowing: 1 } });
    for (const [ifSeen, header] of [['x'], [[7]], [['x']], [seen, seen[0]]] as const) {
      const headers = header === undefined ? {} : { 'login-policy-if-seen': header };
      const { status } = await askOf(service, `POST ${ADMIN}/_roll_out`, { body: { ...advisory, ifSeen }, headers });
      expect(status, JSON.stringify(ifSeen)).to.equal(400);
    }
  });

  it('is not found by an unknown id, or by an id of another command', async () => {
    for (const place of [`GET ${ADMIN}/rollout?id=nobody`, `POST ${ADMIN}/_revert_rollout`]) {
      const { at, status } = await askOf(service, place, place.startsWith('POST') ? { body: { id: 'nobody' } } : {});
      expect([status, at('code'), at('details.0.id')]).to.deep.equal([404, 5, 'LP-ROLLOUT-01']);
    }
    for (const query of [
      ...['', '?id=', '?id=a&id=b', '?di=a', `?id=${'x'.repeat(181)}`],
      ...['?id=advisory-1&organizationIds=acme', '?id=advisory-1&organizationIds=[1]', '?id=advisory-1&withDefault=no'],
    ]) {
      const { at, status } = await askOf(service, `GET ${ADMIN}/rollout${query}`, {});
      expect([query, status, at('code')]).to.deep.equal([query, 400, 3]);
    }
    await told('_roll_out');
    const other = { id: 'advisory-1', method: 'AddSecondFactorToLoginPolicy', request: { type: 4 } };
    const { at, status } = await askOf(service, `POST ${ADMIN}/_roll_out`, { body: other });
    expect([status, at('details.0.id')]).to.deep.equal([409, 'LP-COND-02']);
  });

  it('changes each policy once, however many concurrent runs there are', async () => {
    const other = { ...advisory, id: 'advisory-2' };
    const runs = await Promise.all([advisory, advisory, other, other].map((body) => told('_roll_out', body)));
    for (const { lines } of runs) expect(lines.at(-1)).to.deep.nested.include({ 'end.done': 3, 'end.refused': 0 });
    let removals = 0;
    for await (const page of service.store.eventStore.readAll())
      removals += page.filter(({ type }) => type === 'MultiFactorRemoved').length;
    expect(removals).to.equal(3);
  });

  it('is refused to callers who may not change the default', async () => {
    for (const token of [READER, OWNER_OF_ACME])
      for (const route of ['_roll_out', '_revert_rollout'])
        expect((await told(route, advisory, { token })).status).to.equal(403);
    expect((await told('_plan_rollout', advisory, { token: OWNER_OF_ACME })).status).to.equal(403);
    const planned = await told('_plan_rollout', advisory, { token: READER });
    expect(planned.lines.at(-1)).to.deep.nested.include({ 'end.counts.would-be-refused': 3 });
    expect(JSON.stringify(planned.lines)).not.to.match(/warning|U2F/);
  });
});

describe('a rollout by a caller who may change only some organizations', () => {
  it('lists each refusal, changes all others, and discloses nothing about the refused ones', async () => {
    const service = await openService({
      ports: {
        isAllowed: (caller, permission, { organizationId, instanceId }) =>
          organizationId !== ACME && holdsGrant(caller, permission, { instanceId }),
      },
    });
    for (const owner of [acme, globex]) orThrow(await service.policies.add(owner, freshInstance, { actor: 'set-up' }));
    const refusal = { owner: acme, reason: 'not-permitted', message: 'The caller has no permission for this policy.' };
    const planned = await linesOf(service, `${ADMIN}/_plan_rollout`, { body: advisory });
    const { owner, ...why } = refusal;
    expect(planned.lines[1]).to.deep.equal({ step: { owner, outcome: 'would-be-refused', ...why } });
    const run = await linesOf(service, `${ADMIN}/_roll_out`, { body: advisory });
    expect(run.lines.filter((line) => 'refusal' in line)).to.deep.equal([{ refusal }]);
    expect(run.lines.at(-1)).to.deep.equal({ end: { done: 3, of: 3, changed: 2, refused: 1, stillAllowing: 1 } });
    const state = await askOf(service, `GET ${ADMIN}/rollout?id=advisory-1`, {});
    expect([state.at('changed'), state.at('refused')]).to.deep.equal([2, [refusal]]);
    const reverted = await linesOf(service, `${ADMIN}/_revert_rollout`, { body: { id: 'advisory-1' } });
    expect(reverted.lines.filter((line) => 'refusal' in line)).to.deep.equal([{ refusal }]);
    await service.close();
  });
});
