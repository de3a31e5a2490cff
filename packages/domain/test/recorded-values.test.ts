import { orThrow } from '@login-policy/domain';
import {
  loginPolicyEvents,
  loginPolicyProjection,
  ownerOfStream,
  parseIdentityProviderId,
  type LoginPolicyEvent,
  type LoginPolicyRow,
} from '@login-policy/domain/model';
import { previewCommand } from '@login-policy/domain/preview';
import {
  instant,
  type Json,
  type JsonObject,
  position,
  revision,
  type Store,
  streamId,
  type StreamId,
} from '@login-policy/event-sourcing';
import { expect } from 'chai';
import { Duration } from 'luxon';
import { describe, it } from 'mocha';
import {
  acme,
  ACME_STREAM,
  by,
  INSTANCE_STREAM,
  openDesk,
  PASSKEY,
  policyAdded,
  recordAsItStands,
  recorded,
  rejectionOf,
} from './policies.js';

/** Values that a laxer program once took and that today's rules of input refuse. */
const FORMER = {
  settings: { defaultRedirectUri: '/welcome', lifetimes: { passwordCheck: 'PT999999H' } },
  identityProvider: { id: 'x'.repeat(300), ownerType: 'ORG' },
};

/** A policy whose events 3 and 4 hold such values. */
async function recordFormer(store: Store): Promise<void> {
  await recordAsItStands(store, [
    ...policyAdded({ multiFactors: [PASSKEY] }).map((event) => loginPolicyEvents.encode(event)),
    { type: 'LoginPolicyChanged', data: { settings: FORMER.settings } },
    { type: 'IdentityProviderAdded', data: { identityProvider: FORMER.identityProvider } },
  ]);
}

/** The row of a policy that was just added. */
function rowOf(stream: StreamId): LoginPolicyRow {
  const [added] = policyAdded().map((event) => recorded(loginPolicyEvents.encode(event)));
  if (added === undefined) throw new Error('unreachable');
  const row = loginPolicyProjection.reduce(undefined, loginPolicyEvents.decode({ ...added, streamId: stream }));
  if (row === undefined) throw new Error('unreachable');
  return row;
}

describe('recorded data is not subject to the rules of input', () => {
  it('so a policy with values that are refused today can be read, changed and reverted', async () => {
    const { store, loginPolicies } = await openDesk();
    await recordFormer(store);
    const { details } = orThrow(await loginPolicies.removeMultiFactor(acme, PASSKEY, by));
    expect(details.sequence).to.equal(5n);
    const { policy } = orThrow(await loginPolicies.policy(acme));
    expect(policy.settings.defaultRedirectUri).to.equal('/welcome');
    expect(policy.settings.lifetimes.passwordCheck.as('hours')).to.equal(999_999);
    expect(policy.identityProviders).to.deep.equal([FORMER.identityProvider]);
    expect(orThrow(await loginPolicies.policy(acme, { asOf: { sequence: 4n } })).policy.multiFactors).to.have.length(1);
    expect(orThrow(await loginPolicies.history(acme)).entries).to.have.length(5);
    expect(orThrow(await loginPolicies.revert(acme, { sequence: 4n }, by)).details.sequence).to.equal(6n);
  });

  it('but is refused if a revert would record it again', async () => {
    const { store, loginPolicies } = await openDesk();
    await recordFormer(store);
    await loginPolicies.change(acme, { defaultRedirectUri: '' }, by);
    const revert = { type: 'revert', to: { sequence: 4n } } as const;
    const rejection = rejectionOf(await loginPolicies.execute(acme, revert, by));
    expect(rejection).to.include({ reason: 'invalid-argument', field: 'data.settings.defaultRedirectUri' });
    expect(rejectionOf(await previewCommand(loginPolicies, acme, revert))).to.deep.equal(rejection);
  });

  it('so a row with such values is read from its store', async () => {
    const { store } = await openDesk();
    await recordFormer(store);
    const { reduce, rows } = loginPolicyProjection;
    let row: LoginPolicyRow | undefined;
    for await (const page of store.eventStore.readStream(ACME_STREAM)) {
      for (const event of page) row = reduce(row, loginPolicyEvents.decode(event));
    }
    if (row === undefined) throw new Error('unreachable');
    const kept: Json = JSON.parse(JSON.stringify(rows.encode(row)));
    const read = rows.decode(kept);
    expect(rows.encode(read)).to.deep.equal(kept);
    expect(read.policy.identityProviders).to.deep.equal([FORMER.identityProvider]);
  });

  it('but a malformed row is damage, and never malformed input', () => {
    const { rows } = loginPolicyProjection;
    const kept = rows.encode(rowOf(ACME_STREAM));
    for (const [member, value] of Object.entries({ customIn: 7, revision: 'x', eventId: 'x', settings: null })) {
      const spoilt: Json = JSON.parse(JSON.stringify({ ...Object(kept), [member]: value }));
      expect(() => rows.decode(spoilt), member)
        .to.throw(TypeError)
        .with.property('cause')
        .that.is.instanceOf(Error);
    }
  });

  it('so the owner of a stream is parsed from its name, whatever ids are allowed today', () => {
    const organizationId = 'x'.repeat(300);
    expect(ownerOfStream(streamId('organizationLoginPolicy', `1/${organizationId}`))).to.deep.equal({
      instanceId: '1',
      organizationId,
    });
  });
});

describe('the row of a policy', () => {
  it('is read as it was written, and is in the index of custom policies only for an organization', () => {
    const { rows, index } = loginPolicyProjection;
    for (const [stream, customIn] of [
      [ACME_STREAM, acme.instanceId],
      [INSTANCE_STREAM, undefined],
    ] as const) {
      const row = rowOf(stream);
      expect(row.customIn).to.equal(customIn);
      const kept: Json = JSON.parse(JSON.stringify(rows.encode(row)));
      expect(rows.decode(kept)).to.deep.equal(row);
      const found = customIn === undefined ? {} : { customIn, allowing: [], linking: [], warned: [] };
      expect(index?.(row)).to.deep.equal(found);
    }
  });

  it('has the content of the policy and its times', () => {
    const { reduce, rows } = loginPolicyProjection;
    const identityProviders = ['b', 'a'].map((name) => ({
      id: parseIdentityProviderId(name, 'id'),
      ownerType: 'ORG' as const,
    }));
    const events = policyAdded({ identityProviders, secondFactors: ['U2F', 'TOTP'] });
    let row: LoginPolicyRow | undefined;
    for (const [index, event] of events.entries()) {
      const facts = { revision: revision(index), position: position(index + 1), recordedAt: instant(index * 1000) };
      row = reduce(row, loginPolicyEvents.decode({ ...recorded(loginPolicyEvents.encode(event)), ...facts }));
    }
    if (row === undefined) throw new Error('unreachable');
    const read = rows.decode(JSON.parse(JSON.stringify(rows.encode(row))));
    expect(read).to.deep.equal(row);
    expect(read.policy.identityProviders).to.deep.equal(identityProviders);
  });
});

describe('a lifetime', () => {
  const settings = { forceMfa: true, lifetimes: { passwordCheck: 'P10D', mfaInitSkip: 'PT720H' } };

  it('that was recorded in another form is read in its canonical form', async () => {
    const { store, loginPolicies } = await openDesk();
    await recordAsItStands(store, [
      ...policyAdded().map((event) => loginPolicyEvents.encode(event)),
      { type: 'LoginPolicyChanged', data: { settings: { lifetimes: { passwordCheck: 'PT1H' } } } },
      { type: 'LoginPolicyChanged', data: { settings } },
    ]);
    const { entries } = orThrow(await loginPolicies.history(acme));
    expect(entries.at(-1)?.changes).to.deep.include({
      what: 'setting',
      setting: 'lifetimes.passwordCheck',
      before: 'PT1H',
      after: 'PT240H',
    });
    const { events } = orThrow(
      await loginPolicies.change(acme, { lifetimes: { passwordCheck: Duration.fromObject({ days: 10 }) } }, by),
    );
    expect(events).to.deep.equal([]);
  });

  it('is passed on uncopied if it was recorded in its canonical form', () => {
    const decode = (stored: JsonObject): unknown =>
      loginPolicyEvents.decode(recorded({ type: 'LoginPolicyChanged', schemaVersion: 1, data: { settings: stored } }))
        .data;
    const usual = { ...settings, lifetimes: { passwordCheck: 'PT240H' } };
    expect(decode(usual)).to.have.property('settings', usual);
    expect(decode(settings)).to.deep.equal({
      settings: { forceMfa: true, lifetimes: { passwordCheck: 'PT240H', mfaInitSkip: 'PT720H' } },
    });
  });
});

describe('a redirect URI', () => {
  it('is accepted every time, whatever script its host is written in', () => {
    const event: LoginPolicyEvent = {
      type: 'LoginPolicyChanged',
      data: { settings: { defaultRedirectUri: 'https://münchen.example/' } },
    };
    for (let times = 0; times < 10_000; times++) loginPolicyEvents.encode(event);
  });
});
