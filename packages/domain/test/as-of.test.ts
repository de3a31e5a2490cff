import { defaultSettings, freshInstance, openLoginPolicies, orThrow } from '@login-policy/domain';
import { type Instant, isFault, openMemoryStore, position } from '@login-policy/event-sourcing';
import { delegating } from '@login-policy/event-sourcing/store';
import { settableClock } from '@login-policy/testkit';
import { expect } from 'chai';
import { DateTime } from 'luxon';
import { describe, it } from 'mocha';
import { acme, by, instance, openDesk, PASSKEY, rejectionOf } from './policies.js';

const utc = (iso: string): DateTime => DateTime.fromISO(iso, { zone: 'utc' });

describe('a policy as of a moment', () => {
  async function threeSteps() {
    const desk = await openDesk();
    await desk.loginPolicies.add(instance, freshInstance, by); // 00:00:00, sequences 1 to 4
    await desk.loginPolicies.removeMultiFactor(instance, PASSKEY, by); // 00:00:01, sequence 5
    await desk.loginPolicies.change(instance, { forceMfa: true }, by); // 00:00:02, sequence 6
    return desk.loginPolicies;
  }

  it('is read from the events up to a sequence, inclusive', async () => {
    const loginPolicies = await threeSteps();
    const then = orThrow(await loginPolicies.policy(instance, { asOf: { sequence: 4n } }));
    const next = orThrow(await loginPolicies.policy(instance, { asOf: { sequence: 5n } }));
    expect([then.policy.multiFactors, next.policy.multiFactors]).to.deep.equal([[PASSKEY], []]);
    expect(next.policy.details.sequence).to.equal(5n);
  });

  it('is read from the events up to an instant, inclusive', async () => {
    const loginPolicies = await threeSteps();
    const before = orThrow(
      await loginPolicies.policy(instance, { asOf: { instant: utc('2026-01-01T00:00:00.999Z') } }),
    );
    const at = orThrow(await loginPolicies.policy(instance, { asOf: { instant: utc('2026-01-01T00:00:01Z') } }));
    expect([before.policy.multiFactors, at.policy.multiFactors]).to.deep.equal([[PASSKEY], []]);
    expect(at.policy.settings.forceMfa).to.equal(false);
  });

  it('never shows half a command: a moment inside its events is the moment after the last of them', async () => {
    const loginPolicies = await threeSteps();
    const settings = { forceMfa: false };
    const set = orThrow(
      await loginPolicies.set(instance, { settings, secondFactors: [], multiFactors: [PASSKEY] }, by),
    );
    expect(set.events.map(({ revision }) => revision + 1n)).to.deep.equal([7n, 8n, 9n, 10n]);
    const { policy: whole } = orThrow(await loginPolicies.policy(instance));
    for (const { position: at, revision } of set.events) {
      for (const asOf of [{ sequence: revision + 1n }, { position: at }]) {
        expect(orThrow(await loginPolicies.policy(instance, { asOf })).policy).to.deep.equal(whole);
        expect(orThrow(await loginPolicies.effectivePolicy(acme, { asOf: { position: at } })).policy).to.deep.equal(
          whole,
        );
        expect(orThrow(await loginPolicies.diff(instance, { from: asOf })).changes).to.deep.equal([]);
      }
    }
    const added = orThrow(await loginPolicies.policy(instance, { asOf: { sequence: 1n } })).policy;
    expect([added.secondFactors, added.multiFactors]).to.deep.equal([['TOTP', 'U2F'], [PASSKEY]]);
    orThrow(await loginPolicies.revert(instance, { sequence: 1n }, by));
    const { policy: back } = orThrow(await loginPolicies.policy(instance));
    expect([back.secondFactors, back.multiFactors]).to.deep.equal([['TOTP', 'U2F'], [PASSKEY]]);
  });

  it('is refused while the moment is not past (K33)', async () => {
    const loginPolicies = await threeSteps();
    for (const moment of [utc('2100-01-01T00:00Z'), new Date('2100-01-01T00:00Z'), '2100-01-01T00:00:00.000Z']) {
      const answer = await loginPolicies.policy(instance, { asOf: { instant: moment } });
      expect(rejectionOf(answer)).to.include({ reason: 'invalid-argument', field: 'options.asOf.instant' });
    }
  });

  it('is refused during the clock tolerance of the store, and answered afterwards (K33)', async () => {
    const clock = settableClock('2026-01-01T00:00:00.000Z');
    const store = openMemoryStore({ clock });
    const eventStore = delegating(store.eventStore, { lateByMs: 10_000 });
    const loginPolicies = await openLoginPolicies({ store: { ...store, eventStore } });
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    clock.advance(60_000);
    const secondsAgo = (seconds: number): Date => new Date(clock() - seconds * 1000);
    const early = rejectionOf(await loginPolicies.effectivePolicy(acme, { asOf: { instant: secondsAgo(9) } }));
    expect(early).to.include({ reason: 'invalid-argument', field: 'options.asOf.instant' });
    expect(JSON.stringify(early)).to.contain('past for 10 s');
    const then = orThrow(await loginPolicies.effectivePolicy(acme, { asOf: { instant: secondsAgo(11) } }));
    expect(then.policy.multiFactors).to.deep.equal([PASSKEY]);
  });

  it('is compared with the clock of the store and not of the machine (Q31)', async () => {
    const clock = settableClock('2199-01-01T00:00:00.000Z');
    const { loginPolicies } = await openDesk({ clock });
    orThrow(await loginPolicies.add(instance, freshInstance, by));
    const at = (moment: string) => loginPolicies.policy(instance, { asOf: { instant: moment } });
    expect(rejectionOf(await at('2199-01-01T00:00:00.000Z'))).to.include({ field: 'options.asOf.instant' });
    clock.advance(1);
    expect((await at('2199-01-01T00:00:00.000Z')).outcome).to.equal('found');
    const broken: () => Instant = JSON.parse.bind(undefined, '"2026"');
    const { loginPolicies: timeless } = await openDesk({ clock: broken });
    const caught = await timeless.policy(instance, { asOf: { instant: '2020-01-01T00:00:00Z' } }).catch(String);
    expect(caught).to.equal(
      'RangeError: clock must return whole milliseconds since 1970, as Date.now() does, not "2026"',
    );
    clock.set('2020-01-01T00:00:00.000Z');
    expect(rejectionOf(await at('2021-01-01T00:00:00.000Z'))).to.include({ expected: 'an instant that is past' });
  });

  it('accepts a luxon DateTime, a Date and ISO 8601 text as an instant (K20)', async () => {
    const loginPolicies = await threeSteps();
    const read = async (moment: DateTime | Date | string): Promise<unknown> =>
      orThrow(await loginPolicies.policy(instance, { asOf: { instant: moment } })).policy;
    const expected = await read(utc('2026-01-01T00:00:01.000Z'));
    expect(await read(new Date('2026-01-01T00:00:01.000Z'))).to.deep.equal(expected);
    expect(await read('2026-01-01T01:00:01.000+01:00')).to.deep.equal(expected);
    for (const wrong of ['Jan 5 2024', '2024-02-30T00:00:00.000Z', new Date(Number.NaN)]) {
      const answer = await loginPolicies.policy(instance, { asOf: { instant: wrong } });
      expect(rejectionOf(answer)).to.include({ reason: 'invalid-argument', field: 'options.asOf.instant' });
    }
  });

  it('is always the same as of the position of its answer, also if it is the default', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by);
    const { policy: before } = orThrow(await loginPolicies.effectivePolicy(acme));
    await loginPolicies.removeMultiFactor(instance, PASSKEY, by);
    await loginPolicies.add(acme, freshInstance, by);
    const asOf = { position: before.position };
    expect(orThrow(await loginPolicies.effectivePolicy(acme, { asOf })).policy).to.deep.equal(before);
    const beyond = loginPolicies.policy(instance, { asOf: { position: position(1000) } });
    const fault = await beyond.catch((caught: unknown) => caught);
    expect(isFault(fault, 'position-unknown')).to.equal(true);
    const { position: head } = orThrow(await loginPolicies.effectivePolicy(acme)).policy;
    expect(fault)
      .to.have.property('facts')
      .that.deep.equals({ position: position(1000), head });
  });

  it('is refused for an instant if a clock was ahead, with the sequence from which on (V4)', async () => {
    const clock = settableClock('2026-01-01T00:00:00.000Z');
    const loginPolicies = await openLoginPolicies({ store: openMemoryStore({ clock }) });
    await loginPolicies.add(instance, freshInstance, by);
    clock.set('2099-01-01T00:00:00.000Z');
    // As many as are looked at in one go.
    for (let round = 0; round < 10; round++) await loginPolicies.change(instance, { forceMfa: round % 2 === 0 }, by);
    clock.set('2026-03-01T00:00:00.000Z');
    const moment = { asOf: { instant: '2026-02-01T00:00:00.000Z' } };
    const answer = await loginPolicies.policy(instance, moment);
    expect(rejectionOf(answer)).to.include({ reason: 'invalid-argument', field: 'options.asOf.instant' });
    expect(answer).to.have.property('message').that.includes('from sequence 5 on');
    expect((await loginPolicies.policy(instance, { asOf: { sequence: 4n } })).outcome).to.equal('found');
  });

  it('is not found before it was added', async () => {
    const loginPolicies = await threeSteps();
    const early = await loginPolicies.policy(instance, { asOf: { instant: utc('2025-12-31T23:59:59.999Z') } });
    expect(rejectionOf(early).reason).to.equal('policy-not-found');
  });

  it('is refused for an unknown sequence and for a malformed moment', async () => {
    const loginPolicies = await threeSteps();
    const field = 'options.asOf.sequence';
    for (const [owner, sequence, expected] of [
      [instance, 7n, 'a sequence the policy has had, 1 to 6'],
      [instance, 0n, 'a sequence from 1 on that the policy has had'],
      [instance, -1n, 'a bigint of 0 or more'],
      [acme, 1n, 'a sequence from 1 on that the policy has had'],
    ] as const) {
      const refused = rejectionOf(await loginPolicies.policy(owner, { asOf: { sequence } }));
      expect(refused).to.include({ reason: 'invalid-argument', field, expected });
    }
    // Others write a sequence without the n of a bigint.
    const seconds = await loginPolicies.policy(instance, { asOf: { sequence: 1_719_828_000n } });
    expect(seconds).to.have.property(
      'message',
      `${field} must be a sequence the policy has had, 1 to 6, not 1719828000.`,
    );
    for (const wrong of [DateTime.invalid('test'), ['2026-01-01T00:00:01.000Z'], 7, null]) {
      const answer = await loginPolicies.policy(instance, { asOf: { instant: Object(wrong) } });
      expect(rejectionOf(answer)).to.include({ reason: 'invalid-argument', field: 'options.asOf.instant' });
    }
    const future = await loginPolicies.policy(instance, { asOf: { instant: '2999-01-01T00:00:00Z' } });
    expect(rejectionOf(future)).to.include({ expected: 'an instant that is past' });
  });

  it('of an organization is its effective policy then: also the default before, between and after custom policies', async () => {
    const { loginPolicies } = await openDesk();
    await loginPolicies.add(instance, freshInstance, by); // :00
    await loginPolicies.add(acme, { settings: defaultSettings, secondFactors: ['OTP_SMS'] }, by); // :01, sequences 1, 2
    await loginPolicies.removeMultiFactor(instance, PASSKEY, by); // :02
    await loginPolicies.remove(acme, by); // :03, sequence 3
    await loginPolicies.addMultiFactor(instance, PASSKEY, by); // :04
    const metAt = async (second: number) => {
      const moment = { instant: utc(`2026-01-01T00:00:0${second}Z`) };
      const { policy } = orThrow(await loginPolicies.effectivePolicy(acme, { asOf: moment }));
      return [policy.isDefault, ...policy.secondFactors, ...policy.multiFactors];
    };
    expect(await metAt(0)).to.deep.equal([true, 'TOTP', 'U2F', PASSKEY]);
    expect(await metAt(2)).to.deep.equal([false, 'OTP_SMS']);
    expect(await metAt(3)).to.deep.equal([true, 'TOTP', 'U2F']);
    expect(await metAt(4)).to.deep.equal([true, 'TOTP', 'U2F', PASSKEY]);
    const { policy } = orThrow(await loginPolicies.effectivePolicy(acme, { asOf: { sequence: 3n } }));
    expect(policy, 'right after the reset, the default of then').to.deep.include({ isDefault: true, multiFactors: [] });
  });
});

describe('the position of a read of the past', () => {
  async function resetAfterDefault() {
    const { loginPolicies } = await openDesk();
    const [added] = [orThrow(await loginPolicies.add(instance, freshInstance, by))]; // :00
    await loginPolicies.add(acme, {}, by); // :01
    const removed = orThrow(await loginPolicies.remove(acme, by)); // :02, sequence 2
    const other = orThrow(await loginPolicies.add({ instanceId: 'other' }, {}, by)); // :03
    return { loginPolicies, added, removed, other };
  }

  it('is that of the last event that it depends on, of whichever policy', async () => {
    const { loginPolicies, removed } = await resetAfterDefault();
    for (const asOf of [{ sequence: 2n }, { instant: utc('2026-01-01T00:00:03Z') }]) {
      const { policy } = orThrow(await loginPolicies.effectivePolicy(acme, { asOf }));
      expect([policy.isDefault, policy.position]).to.deep.equal([true, removed.position]);
      expect([policy.details.sequence, policy.multiFactors]).to.deep.equal([4n, [PASSKEY]]);
    }
    const loosened = orThrow(await loginPolicies.removeMultiFactor(instance, PASSKEY, by));
    const later = { asOf: { instant: loosened.details.changeDate } };
    const { policy } = orThrow(await loginPolicies.effectivePolicy(acme, later));
    expect(policy.position).to.equal(loosened.position);
  });

  it('is the requested one, even if no event of the policy is there', async () => {
    const { loginPolicies, added, other } = await resetAfterDefault();
    const then = { asOf: { position: other.position } };
    const { policy } = orThrow(await loginPolicies.policy(instance, then));
    expect([policy.position, policy.details.sequence]).to.deep.equal([other.position, 4n]);
    const effective = orThrow(await loginPolicies.effectivePolicy(acme, then));
    expect(effective.policy.position).to.equal(other.position);
    const own = orThrow(await loginPolicies.policy(instance, { asOf: { position: added.position } }));
    expect(own.policy.position).to.equal(added.position);
  });
});
