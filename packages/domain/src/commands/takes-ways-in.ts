import type { SettingName } from '../policy/settings.js';
import type { LoginPolicyCommand } from './commands.js';

const SETTINGS: readonly SettingName[] = [
  'allowUsernamePassword',
  'allowExternalIdp',
  'forceMfa',
  'forceMfaLocalOnly',
  'passwordlessType',
];

/** Whether a command can take a way in from somebody. */
export function canTakeWaysIn(command: LoginPolicyCommand): boolean {
  switch (command.type) {
    case 'change':
      return SETTINGS.some((name) => command.settings[name] !== undefined);
    case 'addSecondFactor':
    case 'addMultiFactor':
    case 'addIdentityProvider':
      return false;
    case 'add':
    case 'set':
    case 'customize':
    case 'remove':
    case 'removeSecondFactor':
    case 'removeMultiFactor':
    case 'removeIdentityProvider':
    case 'revert':
      return true;
  }
}
