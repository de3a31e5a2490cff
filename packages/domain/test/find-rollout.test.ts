import { orThrow, type LoginPolicies } from '@login-policy/domain';
import type { Owner } from '@login-policy/domain/model';
import { type RolloutCommand, type RolloutStanding, findRollout, rollOut } from '@login-policy/domain/rollout';
import { isFault, position as placed } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { acme, by, globex, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';
import { last } from './rolling-out.js';

const advisory = { ...by, id: 'advisory-1', reason: 'cloned authenticators' };

async function carriedOut(loginPolicies: LoginPolicies, command: RolloutCommand): Promise<void> {
  const run = rollOut(loginPolicies, instance, command, advisory).carryOut();
  for await (const { refusals } of run) expect(refusals).to.deep.equal([]);
}

describe('finding a rollout by its id', () => {
  it('returns its command, actor, reason and time from its events', async () => {
    const { loginPolicies } = await openDesk();
    for (const owner of [instance, acme]) orThrow(await loginPolicies.add(owner, { multiFactors: [PASSKEY] }, by));
    const before = orThrow(await findRollout(loginPolicies, instance, advisory.id));
    expect(before.rollout).to.equal(undefined);
    await carriedOut(loginPolicies, { type: 'removeMultiFactor', factor: PASSKEY });
    const { rollout } = orThrow(await findRollout(loginPolicies, instance, advisory.id));
    expect(rollout?.recordedAt.toMillis()).to.be.a('number');
    expect({ ...rollout, recordedAt: 0 }).to.deep.equal({
      ...{ ...advisory, recordedAt: 0 },
      command: { type: 'removeMultiFactor', factor: PASSKEY },
    });
    await loginPolicies.close();
  });

  it('searches custom policies if the default was unchanged, and only policies that the caller may read', async () => {
    const { loginPolicies } = await openDesk();
    orThrow(await loginPolicies.add(instance, { multiFactors: [] }, by));
    orThrow(await loginPolicies.add(acme, { multiFactors: [PASSKEY] }, by));
    orThrow(await loginPolicies.add(globex, { multiFactors: [] }, by));
    await carriedOut(loginPolicies, { type: 'removeMultiFactor', factor: PASSKEY });
    expect(orThrow(await findRollout(loginPolicies, instance, advisory.id)).rollout?.actor).to.equal('alice');
    const maySee = (owner: Owner): boolean => !('organizationId' in owner) || owner.organizationId !== 'acme';
    expect(orThrow(await findRollout(loginPolicies, instance, advisory.id, { maySee })).rollout).to.equal(undefined);
    await loginPolicies.close();
  });

  it('returns for a change all settings that any policy got from it', async () => {
    const { loginPolicies } = await openDesk();
    orThrow(await loginPolicies.add(instance, { settings: { forceMfa: true } }, by));
    orThrow(await loginPolicies.add(acme, { settings: { allowRegister: false } }, by));
    orThrow(await loginPolicies.add(globex, { settings: { lifetimes: { passwordCheck: 'PT1H' } } }, by));
    const settings = { forceMfa: true, allowRegister: false, lifetimes: { passwordCheck: 'PT1H' } };
    await carriedOut(loginPolicies, { type: 'change', settings });
    const { rollout } = orThrow(await findRollout(loginPolicies, instance, advisory.id));
    expect(rollout?.command).to.deep.equal({ type: 'change', settings });
    const found = rollout ?? { command: { type: 'change', settings: {} } as const };
    expect(orThrow(await rollOut(loginPolicies, instance, found.command, advisory).report())).to.include({
      changed: 3,
    });
    await loginPolicies.close();
  });

  it('leaves policies pending that a change may not have reached, because its events need not name all its settings', async () => {
    const { loginPolicies } = await openDesk();
    orThrow(await loginPolicies.add(instance, { settings: { allowRegister: false } }, by));
    orThrow(await loginPolicies.add(acme, { settings: { forceMfa: true } }, by));
    const command = { type: 'change', settings: { forceMfa: true, allowRegister: false } } as const;
    for await (const { done } of rollOut(loginPolicies, instance, command, advisory).carryOut()) if (done === 1) break;
    const { rollout } = orThrow(await findRollout(loginPolicies, instance, advisory.id));
    expect(rollout?.command).to.deep.equal({ type: 'change', settings: { forceMfa: true } });
    for (const found of [command, rollout?.command ?? command]) {
      const report = orThrow(await rollOut(loginPolicies, instance, found, advisory).report());
      expect(report).to.include({ changed: 1, unchanged: 0, pending: 1 });
    }
    await carriedOut(loginPolicies, command);
    const { command: all } = orThrow(await findRollout(loginPolicies, instance, advisory.id)).rollout ?? { command };
    expect(orThrow(await rollOut(loginPolicies, instance, all, advisory).report())).to.include({ changed: 2 });
    await loginPolicies.close();
  });

  it('names the actor of its first event, on whichever policy', async () => {
    const { loginPolicies } = await openDesk({ guard: 'refuse' });
    const settings = { allowUsernamePassword: false, allowExternalIdp: false };
    orThrow(await loginPolicies.add(instance, { settings, multiFactors: [PASSKEY] }, by));
    orThrow(await loginPolicies.add(acme, { multiFactors: [PASSKEY] }, by));
    const command = { type: 'removeMultiFactor', factor: PASSKEY } as const;
    await last(rollOut(loginPolicies, instance, command, advisory).carryOut());
    const bob = { ...advisory, actor: 'bob', acknowledge: ['no-way-to-sign-in'] } as const;
    await last(rollOut(loginPolicies, instance, command, bob).carryOut());
    expect(orThrow(await findRollout(loginPolicies, instance, advisory.id)).rollout).to.include({ actor: 'alice' });
    await loginPolicies.close();
  });

  it('sees what was written up to a position, as every read', async () => {
    const { loginPolicies } = await openDesk();
    const { position } = orThrow(await loginPolicies.add(acme, { multiFactors: [PASSKEY] }, by));
    expect(await findRollout(loginPolicies, instance, 'a', { atLeast: position })).to.include({ outcome: 'found' });
    const beyond = findRollout(loginPolicies, instance, 'a', { atLeast: placed(position + 2n ** 90n) });
    expect(isFault(await beyond.catch((caught: unknown) => caught), 'position-unknown')).to.equal(true);
    await loginPolicies.close();
  });

  it('refuses malformed input, and ends when its signal fires', async () => {
    const { loginPolicies } = await openDesk();
    for (const [id, field] of [
      ['', 'id'],
      ['x'.repeat(181), 'id'],
    ] as const)
      expect(rejectionOf(await findRollout(loginPolicies, instance, id))).to.include({ field });
    const nothing: () => boolean = JSON.parse('1');
    expect(rejectionOf(await findRollout(loginPolicies, instance, 'a', { maySee: nothing }))).to.include({
      field: 'options.maySee',
    });
    const fault = await findRollout(loginPolicies, instance, 'a', { signal: AbortSignal.abort() }).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(isFault(fault, 'deadline-exceeded')).to.equal(true);
    await loginPolicies.close();
  });
});

describe('a rollout whose hooks hang', () => {
  it('ends when the signal fires, in each of its reads', async () => {
    let control = new AbortController();
    const hung = (): Promise<never> => {
      control.abort();
      return new Promise(() => undefined);
    };
    const { loginPolicies } = await openDesk({ identityProviders: hung });
    orThrow(await loginPolicies.add(instance, { multiFactors: [PASSKEY] }, by));
    const command = { type: 'removeMultiFactor', factor: PASSKEY } as const;
    const linking = { type: 'addIdentityProvider', identityProvider: { id: 'google', ownerType: 'SYSTEM' } } as const;
    const rollout = rollOut(loginPolicies, instance, command, { ...advisory, mayChange: hung });
    for (const ask of [
      (signal: AbortSignal) => findRollout(loginPolicies, instance, 'a', { maySee: hung, signal }),
      (signal: AbortSignal) => rollout.plan({ signal }),
      (signal: AbortSignal) => rollout.report({ signal }),
      (signal: AbortSignal) => rollout.standing({ signal }).next(),
      (signal: AbortSignal) => rollOut(loginPolicies, instance, linking, advisory).plan({ signal }),
    ]) {
      control = new AbortController();
      const fault: unknown = await ask(control.signal).catch((caught: unknown) => caught);
      expect(isFault(fault, 'deadline-exceeded')).to.equal(true);
    }
    await loginPolicies.close();
  });
});

describe('a report in parts', () => {
  it('comes after the default and after each page, with the new refusals, and adds up to the whole report', async () => {
    const { loginPolicies } = await openDesk();
    orThrow(await loginPolicies.add(instance, { multiFactors: [PASSKEY] }, by));
    for (let number = 0; number < 70; number++)
      orThrow(await loginPolicies.add({ ...instance, organizationId: `o-${number}` }, { multiFactors: [PASSKEY] }, by));
    const mayChange = (owner: Owner): boolean => !('organizationId' in owner) || !owner.organizationId.endsWith('5');
    const command = { type: 'removeMultiFactor', factor: PASSKEY } as const;
    const rollout = rollOut(loginPolicies, instance, command, { ...advisory, mayChange });
    const parts: RolloutStanding[] = [];
    for await (const part of rollout.standing()) parts.push(part);
    const refused = parts.flatMap(({ refusals }) => refusals);
    expect([parts.length, refused.length]).to.deep.equal([4, 7]);
    expect(parts[0]).to.include({ pending: 1 });
    const { refusals: _, ...numbers } = parts.at(-1) ?? { refusals: [] };
    expect(orThrow(await rollout.report())).to.deep.include({ ...numbers, refused });
    await loginPolicies.close();
  });
});
