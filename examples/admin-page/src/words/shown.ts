import { MULTI_FACTORS, SECOND_FACTORS } from '../wire/factors.js';
import { isolated } from './isolated.js';

const METHODS: Readonly<Record<string, string>> = {
  password: 'password',
  passkey: 'passkey',
  'external-login': 'identity provider',
};

/** The display name of a check in a session: a method, or a factor. */
export function shownInWords(name: string): string {
  return (
    METHODS[name] ??
    [...MULTI_FACTORS, ...SECOND_FACTORS].find((factor) => factor.name === name)?.label ??
    isolated(name)
  );
}
