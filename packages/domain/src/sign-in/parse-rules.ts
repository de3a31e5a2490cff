import {
  parseAnyObject,
  parseBoolean,
  parseEach,
  parseObject,
  parseOneOf,
  UnknownMember,
  type Parser,
} from '../input/invalid-value.js';
import { parseText } from '../input/text.js';
import { parseMultiFactor, parseSecondFactor, type MultiFactor, type SecondFactor } from '../policy/factors.js';
import { LIFETIME_NAMES, parseMilliseconds, type LifetimeName } from '../policy/lifetimes.js';
import type { LoginPolicy } from '../policy/login-policy.js';
import { parsePasswordlessType, SETTINGS_MEMBERS, type SettingName } from '../policy/settings.js';

/** The rules of a policy that sign-ins are judged by. */
export interface ParsedRules {
  readonly settings: ParsedSettings;
  readonly secondFactors: readonly SecondFactor[];
  readonly multiFactors: readonly MultiFactor[];
  /** The ids of identity providers. */
  readonly identityProviders: readonly string[];
}

/** The settings that sign-ins are judged by; lifetimes in milliseconds. */
export interface ParsedSettings extends Readonly<Record<LifetimeName, number>> {
  readonly allowUsernamePassword: boolean;
  readonly allowExternalIdp: boolean;
  readonly forceMfa: boolean;
  readonly forceMfaLocalOnly: boolean;
  readonly isPasswordlessAllowed: boolean;
}

const POLICY = ['settings', 'secondFactors', 'multiFactors', 'identityProviders'];

/** A policy that has rules and another stage is malformed. */
const parseActive = parseOneOf(['active']);

/**
 * Parses the rules of a policy from an answer or a state. An unknown member is refused, because it may be a stricter
 * rule.
 *
 * @throws InvalidValue
 */
export function parseRules(value: unknown): ParsedRules {
  const policy = parseAnyObject(value, 'policy', POLICY);
  let settings: unknown, secondFactors: unknown, multiFactors: unknown, identityProviders: unknown;
  for (const member of Object.keys(policy)) {
    switch (member) {
      case 'settings':
        settings = policy['settings'];
        break;
      case 'secondFactors':
        secondFactors = policy['secondFactors'];
        break;
      case 'multiFactors':
        multiFactors = policy['multiFactors'];
        break;
      case 'identityProviders':
        identityProviders = policy['identityProviders'];
        break;
      case 'stage':
        parseActive(policy['stage'], 'policy.stage');
        break;
      // The members about the policy's owner and version do not affect sign-ins.
      case 'position':
      case 'owner':
      case 'isDefault':
      case 'details':
      case 'eventId':
        break;
      default:
        throw new UnknownMember('policy', member, POLICY);
    }
  }
  return {
    settings: parseSettings(settings),
    secondFactors: parseEach(secondFactors, 'policy.secondFactors', parseSecondFactor),
    multiFactors: parseEach(multiFactors, 'policy.multiFactors', parseMultiFactor),
    identityProviders: parseEach(identityProviders, 'policy.identityProviders', parseProvider),
  };
}

/** The rules of a policy in force. */
export function rulesOf(policy: LoginPolicy): ParsedRules | undefined {
  return policy.stage === 'active' ? parseRules(policy) : undefined;
}

const PROVIDER = ['id', 'ownerType'];

const parseProvider: Parser<string> = (value, field) => {
  const provider = parseAnyObject(value, field, PROVIDER);
  for (const member of Object.keys(provider)) {
    if (!PROVIDER.includes(member)) throw new UnknownMember(field, member, PROVIDER);
  }
  const id = Object.hasOwn(provider, 'id') ? provider['id'] : undefined;
  return typeof id === 'string' ? id : parseText(id, `${field}.id`);
};

const known = new WeakMap<object, ParsedSettings>();

/** Caches parsed settings, because a view's settings are frozen and judge many sign-ins. */
function parseSettings(value: unknown): ParsedSettings {
  const view = typeof value === 'object' && value !== null ? value : {};
  const before = known.get(view);
  if (before !== undefined) return before;
  const field = 'policy.settings';
  const { lifetimes, ...settings } = parseObject(value, field, SETTINGS_MEMBERS);
  const isSet = (name: SettingName): boolean => parseBoolean(settings[name], `${field}.${name}`);
  const type = parsePasswordlessType(settings['passwordlessType'], `${field}.passwordlessType`);
  const parsed = {
    ...parseLifetimesOf(lifetimes),
    allowUsernamePassword: isSet('allowUsernamePassword'),
    allowExternalIdp: isSet('allowExternalIdp'),
    forceMfa: isSet('forceMfa'),
    forceMfaLocalOnly: isSet('forceMfaLocalOnly'),
    isPasswordlessAllowed: type === 'ALLOWED',
  };
  if (Object.isFrozen(view) && Object.isFrozen(lifetimes)) known.set(view, parsed);
  return parsed;
}

function parseLifetimesOf(value: unknown): Readonly<Record<LifetimeName, number>> {
  const lifetimes = parseObject(value, 'policy.settings.lifetimes', LIFETIME_NAMES);
  const lifetime = (name: LifetimeName): number =>
    parseMilliseconds(lifetimes[name], `policy.settings.lifetimes.${name}`);
  return {
    passwordCheck: lifetime('passwordCheck'),
    externalLoginCheck: lifetime('externalLoginCheck'),
    mfaInitSkip: lifetime('mfaInitSkip'),
    secondFactorCheck: lifetime('secondFactorCheck'),
    multiFactorCheck: lifetime('multiFactorCheck'),
  };
}
