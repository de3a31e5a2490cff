import { eventCodec, toJsonObject, type EventCodec, type EventSchema } from '@login-policy/event-sourcing';
import type { LoginPolicyEvent } from './events.js';
import { parseMultiFactor, parseSecondFactor, type MultiFactor, type SecondFactor } from './factors.js';
import {
  parseIdentityProvider,
  parseIdentityProviderId,
  parseRecordedIdentityProvider,
  parseRecordedIdentityProviderId,
} from './identity-provider.js';
import { parseObject, UnknownMember, type Parser } from '../input/invalid-value.js';
import { parseRecordedSettings, parseRecordedSettingsChange, parseSettings, parseSettingsChange } from './settings.js';

/**
 * The parsers of a value: `input` with today's rules for writing, the other by form alone, for data recorded under
 * older rules (docs/reference/events.md).
 */
interface Forms<Value> {
  readonly input: Parser<Value>;
  readonly recorded: Parser<Value>;
}

const secondFactor: Forms<SecondFactor> = { input: parseSecondFactor, recorded: parseSecondFactor };
const multiFactor: Forms<MultiFactor> = { input: parseMultiFactor, recorded: parseMultiFactor };

/**
 * How the events of login policies are stored: written by the rules of input, read by form alone. Recorded events last
 * forever, so a schema is never edited. Add a version here with its upcaster and its downcaster
 * (`test/next-release.ts` shows both), and a stored example in `test/stored-events`. Events are written in the oldest
 * version that holds them, so that a neighbouring release can read them.
 */
export const loginPolicyEvents: EventCodec<LoginPolicyEvent> = eventCodec<LoginPolicyEvent>({
  LoginPolicyAdded: oneMember('settings', { input: parseSettings, recorded: parseRecordedSettings }),
  LoginPolicyChanged: oneMember('settings', { input: parseSettingsChange, recorded: parseRecordedSettingsChange }),
  LoginPolicyRemoved: { upcasters: [], read: readNothing, write: readNothing },
  SecondFactorAdded: oneMember('factor', secondFactor),
  SecondFactorRemoved: oneMember('factor', secondFactor),
  MultiFactorAdded: oneMember('factor', multiFactor),
  MultiFactorRemoved: oneMember('factor', multiFactor),
  IdentityProviderAdded: oneMember('identityProvider', {
    input: parseIdentityProvider,
    recorded: parseRecordedIdentityProvider,
  }),
  IdentityProviderRemoved: oneMember('id', {
    input: parseIdentityProviderId,
    recorded: parseRecordedIdentityProviderId,
  }),
});

/** Data with one member whose stored form equals the event's, so that reading it only checks it. */
function oneMember<Name extends string, Value>(
  name: Name,
  { input, recorded }: Forms<Value>,
): EventSchema<{ readonly [Only in Name]: Value }> {
  const field = `data.${name}`;
  const parsed = (data: object, parse: Parser<Value>): { readonly [Only in Name]: Value } => {
    for (const member of Object.keys(data)) if (member !== name) throw new UnknownMember('data', member, [name]);
    const value = parse(Reflect.get(data, name), field);
    const held = Reflect.get(data, name) === value ? data : { [name]: value };
    assertHolds(held, name, value);
    return held;
  };
  return {
    upcasters: [],
    read: (data) => parsed(data, recorded),
    write: (data) => toJsonObject(parsed(data, input)),
  };
}

function assertHolds<Name extends string, Value>(
  data: object,
  name: Name,
  value: Value,
): asserts data is { readonly [Only in Name]: Value } {
  if (Reflect.get(data, name) !== value) throw new TypeError(`data.${name} is not what was parsed`);
}

function readNothing(data: object): Readonly<Record<string, never>> {
  parseObject(data, 'data', []);
  return {};
}
