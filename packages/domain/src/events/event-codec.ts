import { eventCodec, toJsonObject, type EventCodec, type EventSchema, type Json } from '@login-policy/event-sourcing';
import type { LoginPolicyEvent } from './events.js';
import { parseMultiFactor, parseSecondFactor, type MultiFactor, type SecondFactor } from '../policy/factors.js';
import {
  parseIdentityProvider,
  parseIdentityProviderId,
  parseRecordedIdentityProvider,
  parseRecordedIdentityProviderId,
} from '../policy/identity-provider.js';
import { parseObject, type Parser } from '../input/invalid-value.js';
import {
  parseRecordedSettings,
  parseRecordedSettingsChange,
  parseSettings,
  parseSettingsChange,
  settingsToJson,
  type LoginSettingsChange,
} from '../policy/settings.js';

/** The rules of input, for what is written; and the form alone, for what was recorded under rules of its time (docs/reference/events.md). */
interface Forms<Value> {
  readonly input: Parser<Value>;
  readonly recorded: Parser<Value>;
}

const secondFactor: Forms<SecondFactor> = { input: parseSecondFactor, recorded: parseSecondFactor };
const multiFactor: Forms<MultiFactor> = { input: parseMultiFactor, recorded: parseMultiFactor };

/**
 * How the events of login policies are stored: checked by the rules of input when they are written, and read in whatever of
 * that form was ever recorded. Recorded events are for ever: a shape is never edited; a new version is added here with its upcaster, what undoes it and
 * `newFrom` (`test/next-release.ts` shows all three), and with a stored example in `test/stored-events`.
 */
export const loginPolicyEvents: EventCodec<LoginPolicyEvent> = eventCodec<LoginPolicyEvent>({
  LoginPolicyAdded: settingsSchema({ input: parseSettings, recorded: parseRecordedSettings }),
  LoginPolicyChanged: settingsSchema({ input: parseSettingsChange, recorded: parseRecordedSettingsChange }),
  LoginPolicyRemoved: { upcasters: [], read: readNothing, write: readNothing },
  SecondFactorAdded: asItIs('factor', secondFactor),
  SecondFactorRemoved: asItIs('factor', secondFactor),
  MultiFactorAdded: asItIs('factor', multiFactor),
  MultiFactorRemoved: asItIs('factor', multiFactor),
  IdentityProviderAdded: asItIs('identityProvider', {
    input: parseIdentityProvider,
    recorded: parseRecordedIdentityProvider,
  }),
  IdentityProviderRemoved: asItIs('id', { input: parseIdentityProviderId, recorded: parseRecordedIdentityProviderId }),
});

/** Data with one member that is stored as it is, so that reading it is only looking at it. */
function asItIs<Name extends string, Value extends Json | object>(
  name: Name,
  { input, recorded }: Forms<Value>,
): EventSchema<{ readonly [Only in Name]: Value }> {
  function check(data: object, parse: Parser<Value>): asserts data is { readonly [Only in Name]: Value } {
    parse(onlyMember(data, name), `data.${name}`);
  }
  return {
    upcasters: [],
    read(data) {
      const read: object = data;
      check(read, recorded);
      return read;
    },
    write(data) {
      check(data, input);
      return toJsonObject(data);
    },
  };
}

/** For every event that is read, so it makes no copy. */
function onlyMember(data: object, name: string): unknown {
  for (const member in data) if (member !== name) parseObject(data, 'data', [name]);
  return Reflect.get(data, name);
}

function readNothing(data: object): Readonly<Record<string, never>> {
  parseObject(data, 'data', []);
  return {};
}

/** Settings, all or some, whose lifetimes are stored as ISO 8601. */
function settingsSchema<Settings extends LoginSettingsChange>({
  input,
  recorded,
}: Forms<Settings>): EventSchema<{ readonly settings: Settings }> {
  return {
    upcasters: [],
    read(data) {
      return { settings: recorded(onlyMember(data, 'settings'), 'data.settings') };
    },
    write(data) {
      return toJsonObject({ settings: settingsToJson(input(onlyMember(data, 'settings'), 'data.settings')) });
    },
  };
}
