import { eventCodec, toJsonObject, type EventCodec, type EventSchema, type Json } from '@login-policy/event-sourcing';
import type { Duration } from 'luxon';
import type { LoginPolicyEvent } from './events.js';
import { parseMultiFactor, parseSecondFactor } from './factors.js';
import { parseIdentityProvider, parseIdentityProviderId } from './identity-provider.js';
import { parseObject, type Parser } from './invalid-value.js';
import { parseStoredLifetime } from './lifetimes.js';
import { parseSettings, parseSettingsChange, settingsToJson, type LoginSettingsChange } from './settings.js';

/**
 * How the events of login policies are stored, each checked when it is written and when it is read. Recorded events are
 * for ever: a shape is never edited; a new version is added here with its upcaster, and with a stored example in
 * `test/stored-events`.
 */
export const loginPolicyEvents: EventCodec<LoginPolicyEvent> = eventCodec<LoginPolicyEvent>({
  LoginPolicyAdded: settingsSchema(parseSettings),
  LoginPolicyChanged: settingsSchema(parseSettingsChange),
  LoginPolicyRemoved: { upcasters: [], read: readNothing, write: readNothing },
  SecondFactorAdded: asItIs('factor', parseSecondFactor),
  SecondFactorRemoved: asItIs('factor', parseSecondFactor),
  MultiFactorAdded: asItIs('factor', parseMultiFactor),
  MultiFactorRemoved: asItIs('factor', parseMultiFactor),
  IdentityProviderAdded: asItIs('identityProvider', parseIdentityProvider),
  IdentityProviderRemoved: asItIs('id', parseIdentityProviderId),
});

/** Data with one member that is stored as it is, so that reading it is only looking at it. */
function asItIs<Name extends string, Value extends Json | object>(
  name: Name,
  parse: Parser<Value>,
): EventSchema<{ readonly [Only in Name]: Value }> {
  function check(data: object): asserts data is { readonly [Only in Name]: Value } {
    for (const member in data) if (member !== name) parseObject(data, 'data', [name]);
    parse(Reflect.get(data, name), `data.${name}`);
  }
  return {
    upcasters: [],
    read(data) {
      const read: object = data;
      check(read);
      return read;
    },
    write(data) {
      check(data);
      return toJsonObject(data);
    },
  };
}

function readNothing(data: object): Readonly<Record<string, never>> {
  parseObject(data, 'data', []);
  return {};
}

/** Settings, all or some, whose lifetimes are stored as ISO 8601. */
function settingsSchema<Settings extends LoginSettingsChange>(
  parse: (value: unknown, field: string, lifetime?: Parser<Duration>) => Settings,
): EventSchema<{ readonly settings: Settings }> {
  return {
    upcasters: [],
    read(data) {
      const { settings } = parseObject(data, 'data', ['settings']);
      return { settings: parse(settings, 'data.settings', parseStoredLifetime) };
    },
    write(data) {
      const { settings } = parseObject(data, 'data', ['settings']);
      return toJsonObject({ settings: settingsToJson(parse(settings, 'data.settings')) });
    },
  };
}
