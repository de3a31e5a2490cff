import { readFile } from 'node:fs/promises';
import { defaultSettings } from '@login-policy/domain';
import { loginPolicyEvents, SETTING_NAMES, type LoginPolicyEvent } from '@login-policy/domain/model';
import { isFault, type JsonObject } from '@login-policy/event-sourcing';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { anEvent, aSettingsChange, sameEvent } from './arbitraries.js';
import { recorded, type EncodedEvent } from './policies.js';

async function storedExamples(): Promise<readonly EncodedEvent[]> {
  const examples: readonly EncodedEvent[] = JSON.parse(
    await readFile(new URL('../test/stored-events/v1.json', import.meta.url), 'utf8'),
  );
  return examples;
}

/** An event with settings that no program ever wrote, through JSON text. */
function added(others: object): EncodedEvent {
  const data = JSON.stringify({ settings: { ...defaultSettings, ...others } });
  return { type: 'LoginPolicyAdded', schemaVersion: 1, data: JSON.parse(data) };
}

function linked(identityProvider: JsonObject): EncodedEvent {
  return { type: 'IdentityProviderAdded', schemaVersion: 1, data: { identityProvider } };
}

function unreadable(encoded: EncodedEvent): unknown {
  try {
    return loginPolicyEvents.decode(recorded(encoded));
  } catch (fault) {
    return fault;
  }
}

/** What no program ever wrote. */
const BROKEN: Readonly<Record<string, EncodedEvent>> = {
  'an unknown factor': { type: 'MultiFactorRemoved', schemaVersion: 1, data: { factor: 'PALM' } },
  'a member too many': {
    type: 'MultiFactorRemoved',
    schemaVersion: 1,
    data: { factor: 'U2F_WITH_VERIFICATION', by: 1 },
  },
  'a member where there is none': { type: 'LoginPolicyRemoved', schemaVersion: 1, data: { by: 1 } },
  'an identity provider without an owner type': linked({ id: 'x' }),
  'an identity provider of nobody': linked({ id: 'x', ownerType: 'NOBODY' }),
  'an identity provider with a member too many': linked({ id: 'x', ownerType: 'ORG', name: 'x' }),
  'an identity provider whose id is not text': linked({ id: 7, ownerType: 'ORG' }),
  'no data': { type: 'MultiFactorRemoved', schemaVersion: 1, data: {} },
  'schema version 0': { type: 'LoginPolicyRemoved', schemaVersion: 0, data: {} },
  'settings that lack the lifetimes': added({ lifetimes: undefined }),
  'settings that lack one': added({ defaultRedirectUri: undefined }),
  'settings that lack a lifetime': added({
    lifetimes: { ...defaultSettings.lifetimes, multiFactorCheck: undefined },
  }),
  'a setting too many': added({ forceMFA: true }),
  'a lifetime too many': added({ lifetimes: { ...defaultSettings.lifetimes, session: 'PT1H' } }),
  'a lifetime that is a number': added({ lifetimes: { ...defaultSettings.lifetimes, mfaInitSkip: 7 } }),
  'a lifetime that is not a duration': {
    type: 'LoginPolicyChanged',
    schemaVersion: 1,
    data: { settings: { lifetimes: { mfaInitSkip: 'a while' } } },
  },
};

describe('the stored form of events', () => {
  it('is read back as exactly the event that was written, through JSON text', () => {
    fc.assert(
      fc.property(anEvent, (event) => {
        const encoded = loginPolicyEvents.encode(event);
        const stored: EncodedEvent = JSON.parse(JSON.stringify(encoded));
        const read = loginPolicyEvents.decode(recorded(stored));
        expect(sameEvent(read, event), JSON.stringify([read.data, event.data])).to.equal(true);
        expect(loginPolicyEvents.encode(read)).to.deep.equal(encoded);
      }),
    );
  });

  it('never changes: every example stored by an earlier version is read and written unchanged', async () => {
    const examples = await storedExamples();
    const types = new Set(examples.map(({ type }) => type));
    expect(types.size, 'one example of each type').to.equal(9);
    for (const example of examples) {
      const event: LoginPolicyEvent = loginPolicyEvents.decode(recorded(example));
      expect(loginPolicyEvents.encode(event)).to.deep.equal(example);
    }
  });

  it('is of a newer version where an event names a setting that version 1 lacks', async () => {
    const [example] = await storedExamples();
    const known = Object.keys(Object(example?.data['settings']));
    fc.assert(
      fc.property(aSettingsChange, (settings) => {
        const { schemaVersion } = loginPolicyEvents.encode({ type: 'LoginPolicyChanged', data: { settings } });
        const newer = SETTING_NAMES.filter((name) => name in settings && !known.includes(name));
        if (newer.length > 0) expect(schemaVersion, newer.join()).to.be.above(1);
      }),
    );
  });

  it('is refused on reading if its shape is unknown, with its place and the problem', async () => {
    for (const [what, encoded] of Object.entries(BROKEN)) {
      const fault = unreadable(encoded);
      expect(isFault(fault, 'unreadable-event'), what).to.equal(true);
      expect(fault).to.have.property('facts').that.includes({ revision: 0n, type: encoded.type });
    }
    for (const newer of [
      { type: 'toString', schemaVersion: 1 },
      { type: 'LoginPolicyRemoved', schemaVersion: 2 },
    ]) {
      expect(isFault(unreadable({ ...newer, data: {} }), 'written-by-newer-program')).to.equal(true);
    }
  });

  it('is passed on uncopied if it has the current form', async () => {
    for (const example of await storedExamples()) {
      const event = recorded(example);
      // An older version is brought to the newest, and a removal has nothing to copy.
      const isNewest = loginPolicyEvents.reads?.(example.type, example.schemaVersion + 1) === false;
      if (isNewest && event.type !== 'LoginPolicyRemoved') expect(loginPolicyEvents.decode(event)).to.equal(event);
    }
  });

  it('is refused on writing if the event is malformed', () => {
    const wrong: LoginPolicyEvent = JSON.parse('{"type":"MultiFactorAdded","data":{"factor":"PALM"}}');
    expect(() => loginPolicyEvents.encode(wrong)).to.throw(/data\.factor must be one of/);
    const more: LoginPolicyEvent = JSON.parse('{"type":"SecondFactorAdded","data":{"factor":"TOTP","by":1}}');
    expect(() => loginPolicyEvents.encode(more)).to.throw('data.by is not a member of data. There is only factor.');
    const other: LoginPolicyEvent = JSON.parse('{"type":"LoginPolicyRemoved","data":{"by":1}}');
    expect(() => loginPolicyEvents.encode(other)).to.throw('data.by is not a member of data. There are none.');
  });
});
