import type { LoginSettingsInput } from '@login-policy/domain';
import { LIFETIME_NAMES, SETTING_NAMES } from '@login-policy/domain/model';
import { hintFor } from '@login-policy/event-sourcing';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';

/** The names of settings, as in a diff. */
const NAMES: readonly string[] = [...SETTING_NAMES, ...LIFETIME_NAMES.map((name) => `lifetimes.${name}`)];

/** The format of settings on the command line. */
export const SETTINGS_HELP: string = `NAME=VALUE, several with commas. Names: ${NAMES.join(', ')}.`;

const BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  Object.entries({ yes: true, no: false, true: true, false: false }),
);

/** Parses settings. The domain checks their values. @throws Failure for an unknown or doubled name */
export function parseSettings(text: string): LoginSettingsInput {
  const settings: Record<string, boolean | string> = {};
  const lifetimes: Record<string, string> = {};
  const given = new Set<string>();
  for (const assignment of text.split(',')) {
    const [name = '', ...rest] = assignment.split('=');
    const value = rest.join('=');
    if (!NAMES.includes(name)) throw new Failure(EXIT.usage, unknownSetting(name));
    if (given.has(name)) throw new Failure(EXIT.usage, `${name} is given twice.`);
    given.add(name);
    if (!assignment.includes('=')) throw new Failure(EXIT.usage, `${name} needs a value: ${name}=VALUE.`);
    const lifetime = /^lifetimes\.(.+)$/.exec(name)?.[1];
    if (lifetime === undefined) settings[name] = BOOLEANS.get(value) ?? value;
    else lifetimes[lifetime] = value;
  }
  return Object.keys(lifetimes).length === 0 ? settings : { ...settings, lifetimes };
}

function unknownSetting(name: string): string {
  return `${JSON.stringify(name)} is not a setting. ${hintFor(name, NAMES)}`;
}
