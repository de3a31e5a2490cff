import type { Intent } from './command.js';
import { MULTI_FACTORS, SECOND_FACTORS } from './factors.js';
import { LIFETIME_NAMES, SWITCH_NAMES, type SettingsPatch } from './settings.js';

/** A change as text for the address. */
export function textOfIntent(intent: Intent): string {
  return JSON.stringify('factor' in intent ? { ...intent, factor: intent.factor.name } : intent);
}

/** Parses a change in an address; `undefined` for an unknown one. */
export function intentIn(text: string): Intent | undefined {
  const given = objectIn(text);
  const [id, to, onTopOf] = ['id', 'to', 'onTopOf'].map((name) => textIn(given, name));
  const wish = textIn(given, 'wish') ?? '';
  switch (wish) {
    case 'add-factor':
    case 'remove-factor': {
      const factor = [...MULTI_FACTORS, ...SECOND_FACTORS].find(({ name }) => name === given['factor']);
      return factor && { wish, factor };
    }
    case 'add-provider':
      return id === undefined ? undefined : { wish, id, owner: given['owner'] === 'ORG' ? 'ORG' : 'SYSTEM' };
    case 'remove-provider':
      return id === undefined ? undefined : { wish, id };
    case 'change-settings':
      return { wish, patch: patchIn(given['patch']) };
    case 'add-custom':
    case 'reset':
      return { wish };
    case 'revert':
      return to === undefined ? undefined : { wish, to, ...(onTopOf !== undefined && { onTopOf }) };
    default:
      return undefined;
  }
}

type Given = Readonly<Record<string, unknown>>;

function objectIn(text: string): Given {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function recordOf(value: unknown): Given {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function textIn(given: Given, name: string): string | undefined {
  const value = given[name];
  return typeof value === 'string' ? value : undefined;
}

/** Ignores malformed values, because the address may be written by hand. */
function patchIn(value: unknown): SettingsPatch {
  const given = recordOf(value);
  const switches = [...SWITCH_NAMES, 'isPasswordlessAllowed'].filter((name) => typeof given[name] === 'boolean');
  const texts = [...LIFETIME_NAMES, 'defaultRedirectUri'].filter((name) => typeof given[name] === 'string');
  return Object.fromEntries([...switches, ...texts].map((name) => [name, given[name]]));
}
