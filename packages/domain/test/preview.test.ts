import {
  defaultSettings,
  freshInstance,
  orThrow,
  type CommandInput,
  type LoginSettingsInput,
  type OrganizationList,
} from '@login-policy/domain';
import { previewCommand } from '@login-policy/domain/preview';
import { isFault, monotonicIds, position } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  acme,
  by,
  countEvents,
  globex,
  instance,
  INSTANCE_STREAM,
  openDesk,
  PASSKEY,
  rejectionOf,
  type Desk,
} from './policies.js';

const removal: CommandInput = { type: 'removeMultiFactor', factor: PASSKEY };
const directory: OrganizationList = { list: () => ['acme', 'globex', 'initech'] };

async function fresh(organizations?: OrganizationList): Promise<Desk> {
  const desk = await openDesk(organizations === undefined ? {} : { organizations });
  await desk.loginPolicies.add(instance, freshInstance, by);
  return desk;
}

describe('a preview', () => {
  it('returns the events and changes, and writes nothing', async () => {
    const { loginPolicies, store } = await fresh();
    const before = await countEvents(store);
    const preview = orThrow(await previewCommand(loginPolicies, instance, removal));
    expect(preview).to.deep.include({
      sequence: 4n,
      events: [{ type: 'MultiFactorRemoved', data: { factor: PASSKEY } }],
      changes: [{ what: 'multi-factor', factor: PASSKEY, step: 'removed' }],
    });
    expect(await countEvents(store)).to.equal(before);
    expect(orThrow(await loginPolicies.policy(instance)).policy.multiFactors).to.deep.equal([PASSKEY]);
  });

  it('is refused as the command would be, with the same message', async () => {
    const { loginPolicies } = await fresh();
    await loginPolicies.removeMultiFactor(instance, PASSKEY, by);
    const previewed = await previewCommand(loginPolicies, instance, removal);
    expect(rejectionOf(previewed)).to.deep.equal({ reason: 'factor-not-on-policy', factor: PASSKEY });
    expect(previewed).to.deep.equal(await loginPolicies.execute(instance, removal, by));
  });

  it('is refused for another sequence than the one that was seen', async () => {
    const { loginPolicies } = await fresh();
    const { sequence } = orThrow(await previewCommand(loginPolicies, instance, removal));
    await loginPolicies.change(instance, { forceMfa: true }, by);
    const refused = { reason: 'sequence-not-current', expected: 4n, actual: 5n };
    expect(rejectionOf(await previewCommand(loginPolicies, instance, removal, { ifSequence: sequence }))).to.deep.equal(
      refused,
    );
    expect(rejectionOf(await loginPolicies.execute(instance, removal, { ...by, ifSequence: sequence }))).to.deep.equal(
      refused,
    );
  });

  it('includes events of other processes', async () => {
    const { loginPolicies, store } = await fresh();
    await previewCommand(loginPolicies, instance, removal);
    const other = await openDesk({ store });
    await other.loginPolicies.removeMultiFactor(instance, PASSKEY, by);
    expect(rejectionOf(await previewCommand(loginPolicies, instance, removal)).reason).to.equal('factor-not-on-policy');
  });
});

describe('the affected organizations of a preview', () => {
  it('are the organizations on the default policy, if a directory lists them', async () => {
    const { loginPolicies } = await fresh(directory);
    await loginPolicies.add(globex, freshInstance, by);
    const { affected } = orThrow(await previewCommand(loginPolicies, instance, removal));
    expect(affected).to.deep.equal({
      organizations: [acme, { ...instance, organizationId: 'initech' }],
      count: 2,
    });
  });

  it('are not counted without a directory', async () => {
    const { loginPolicies } = await fresh();
    const { affected } = orThrow(await previewCommand(loginPolicies, instance, removal));
    expect(affected).to.deep.equal({ organizations: [], count: undefined });
  });

  it('are the one organization for its own policy, and none if nothing would change', async () => {
    const { loginPolicies } = await fresh(directory);
    await loginPolicies.add(acme, freshInstance, by);
    const own = orThrow(await previewCommand(loginPolicies, acme, removal));
    expect(own.affected).to.deep.equal({ organizations: [acme], count: 1 });
    const nothing = orThrow(
      await previewCommand(loginPolicies, instance, { type: 'change', settings: { forceMfa: false } }),
    );
    expect(nothing).to.deep.include({ events: [], changes: [], affected: { organizations: [], count: 0 } });
  });

  it('are at most a hundred in the list, and all in the count', async () => {
    async function* many() {
      for (let number = 0; number < 2500; number++) yield `organization-${number}`;
    }
    const { loginPolicies } = await fresh({ list: many });
    for (const number of [7, 1700]) {
      await loginPolicies.add({ ...instance, organizationId: `organization-${number}` }, freshInstance, by);
    }
    const { affected } = orThrow(await previewCommand(loginPolicies, instance, removal));
    expect(affected.count).to.equal(2498);
    expect(affected.organizations).to.have.length(100);
    expect(affected.organizations.map(({ organizationId }) => organizationId)).not.to.include('organization-7');
  });

  it('are not reported as malformed input if the directory is broken', async () => {
    const { loginPolicies } = await fresh({ list: () => [''] });
    const caught = await previewCommand(loginPolicies, instance, removal).then(
      () => undefined,
      (defect: unknown) => defect,
    );
    expect(caught).to.be.an('error').with.property('message').that.includes('organization');
    expect(caught).to.have.property('cause').that.is.an('error');
  });

  it('are those without a custom policy, also if more than a thousand have one', async () => {
    const names = Array.from({ length: 1003 }, (_, number) => `${number}`.padStart(4, '0'));
    const { loginPolicies } = await fresh({ list: () => names });
    for (const organizationId of names) {
      if (organizationId !== '0500') await loginPolicies.add({ ...instance, organizationId }, {}, by);
    }
    const { affected } = orThrow(await previewCommand(loginPolicies, instance, removal));
    expect(affected).to.deep.equal({ organizations: [{ ...instance, organizationId: '0500' }], count: 1 });
  });
});

describe('what would change for an organization', () => {
  it('with a custom policy does not depend on the default, even if that is unreadable', async () => {
    const { loginPolicies, store } = await fresh();
    orThrow(await loginPolicies.add(acme, freshInstance, by));
    const newer = { id: monotonicIds()(), type: 'PasskeyPolicyTightened', schemaVersion: 1, data: {} };
    const metadata = { actor: 'a newer program', correlationId: 'x' };
    await store.eventStore.append({ streamId: INSTANCE_STREAM, expected: 'any', events: [{ ...newer, metadata }] });
    expect(orThrow(await previewCommand(loginPolicies, acme, removal)).changes).to.have.length(1);
    const fault: unknown = await previewCommand(loginPolicies, acme, { type: 'remove' }).catch(
      (caught: unknown) => caught,
    );
    expect(isFault(fault, 'written-by-newer-program')).to.equal(true);
  });

  it('is as fresh as requested', async () => {
    const { loginPolicies, store } = await fresh();
    const atLeast = position((await store.eventStore.head()) + 1n);
    const preview = previewCommand(loginPolicies, acme, { type: 'add', policy: {} }, { atLeast });
    const fault: unknown = await preview.catch((caught: unknown) => caught);
    expect(isFault(fault, 'position-unknown')).to.equal(true);
  });

  it('by a custom policy is the difference from the default', async () => {
    const { loginPolicies } = await fresh();
    const policy = { settings: { ...defaultSettings, forceMfa: true }, secondFactors: ['TOTP'] as const };
    const { changes } = orThrow(await previewCommand(loginPolicies, acme, { type: 'add', policy }));
    expect(changes).to.deep.equal([
      { what: 'setting', setting: 'forceMfa', before: false, after: true },
      { what: 'second-factor', factor: 'U2F', step: 'removed' },
      { what: 'multi-factor', factor: PASSKEY, step: 'removed' },
    ]);
  });

  it('by a reset is the difference to the default', async () => {
    const { loginPolicies } = await fresh();
    await loginPolicies.add(acme, { settings: defaultSettings, secondFactors: ['TOTP', 'OTP_SMS'] }, by);
    const preview = orThrow(await previewCommand(loginPolicies, acme, { type: 'remove' }));
    expect(preview.events).to.deep.equal([{ type: 'LoginPolicyRemoved', data: {} }]);
    expect(preview.changes).to.deep.equal([
      { what: 'second-factor', factor: 'OTP_SMS', step: 'removed' },
      { what: 'second-factor', factor: 'U2F', step: 'added' },
      { what: 'multi-factor', factor: PASSKEY, step: 'added' },
    ]);
  });
});

describe('a preview warns', () => {
  async function warningsAfter(command: CommandInput, settings: LoginSettingsInput) {
    const { loginPolicies } = await fresh();
    await loginPolicies.removeSecondFactor(instance, 'U2F', by);
    await loginPolicies.removeSecondFactor(instance, 'TOTP', by);
    orThrow(await loginPolicies.change(instance, settings, by));
    const { introduced, standing } = orThrow(await previewCommand(loginPolicies, instance, command)).warnings;
    return { introduced: introduced.map(({ warning }) => warning), standing: standing.map(({ warning }) => warning) };
  }

  it('of introduced warnings', async () => {
    expect(await warningsAfter(removal, { forceMfa: true })).to.deep.equal({
      introduced: ['no-way-to-sign-in', 'no-factor-left'],
      standing: [],
    });
    expect(await warningsAfter(removal, { allowUsernamePassword: false })).to.deep.equal({
      introduced: ['no-way-to-sign-in'],
      standing: [],
    });
    expect(await warningsAfter(removal, {})).to.deep.equal({ introduced: ['weaker-sign-in'], standing: [] });
  });

  it('and separately of existing warnings', async () => {
    const stuck = { forceMfa: true, passwordlessType: 'NOT_ALLOWED' } as const;
    expect(await warningsAfter(removal, stuck)).to.deep.equal({ introduced: [], standing: ['no-factor-left'] });
  });

  it('of nothing if a factor is left', async () => {
    const another: CommandInput = { type: 'addSecondFactor', factor: 'OTP_SMS' };
    expect(await warningsAfter(another, { forceMfa: true })).to.deep.equal({ introduced: [], standing: [] });
  });

  it('an organization of changes of its effective policy', async () => {
    const { loginPolicies } = await fresh();
    const { warnings } = orThrow(await previewCommand(loginPolicies, acme, { type: 'add', policy: {} }));
    expect(warnings.introduced.map(({ warning }) => warning)).to.deep.equal(['weaker-sign-in']);
  });
});

describe('a preview in an instance of many organizations', () => {
  it('yields to the event loop while it counts the affected organizations (J9)', async () => {
    const names = Array.from({ length: 100_000 }, (_, index) => `organization-${index}`);
    const { loginPolicies } = await openDesk({ organizations: { list: () => names } });
    await loginPolicies.add(instance, freshInstance, by);
    let [turns, isDone] = [0, false];
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    const { affected } = orThrow(
      await previewCommand(loginPolicies, instance, { type: 'removeMultiFactor', factor: PASSKEY }),
    );
    isDone = true;
    expect(affected.count).to.equal(names.length);
    expect(turns).to.be.above(15);
  });
});
