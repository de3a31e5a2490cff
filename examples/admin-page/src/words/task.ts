import { organizationName } from '../state/organizations.js';
import { isLifetime } from '../wire/settings.js';
import { EVERYWHERE, type Deed, type Reach, type Task } from '../wire/task.js';
import { counted } from './counted.js';
import { lifetimeInWords } from './duration.js';
import { intentTitle } from './intent.js';
import { INSTANCE } from '../wire/scope.js';
import { settingLabel } from './settings.js';

/** The title of a rollout: `Remove Security key (U2F) everywhere`. */
export function taskTitle(deed: Deed | undefined, task: Task | undefined): string {
  const what = deed === undefined ? 'A change' : deedTitle(deed);
  return `${what} ${reachWords(task?.reach ?? EVERYWHERE)}`;
}

function deedTitle(deed: Deed): string {
  if (deed.wish !== 'change-settings') return intentTitle(deed, INSTANCE);
  const [[name, value] = ['', ''], ...others] = Object.entries(deed.patch);
  if (others.length > 0) return intentTitle(deed, INSTANCE);
  return `Set ${settingLabel(name)} to ${valueWords(name, value)}`;
}

function valueWords(name: string, value: boolean | string): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return isLifetime(name) ? lifetimeInWords(value, name) : value;
}

/** The policies of a rollout: `everywhere`, `for all custom policies`, `for Acme`, `for 3 organizations`. */
export function reachWords({ organizationIds, withDefault }: Reach): string {
  if (organizationIds === undefined) return withDefault ? 'everywhere' : 'for all custom policies';
  const [only] = organizationIds;
  return `for ${organizationIds.length === 1 && only !== undefined ? organizationName(only) : counted(organizationIds.length, 'organization')}`;
}
