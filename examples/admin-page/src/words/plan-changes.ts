import { USER_CHANGES, type People } from '../wire/people.js';
import type { Plan } from '../wire/plan.js';
import { counted, listed } from './counted.js';
import { USER_CHANGE_WORDS } from './people.js';

type Names = (organizationId: string) => string;

/** How a plan differs from the one before, one sentence each; the first says so if it does not. */
export function planChanges(before: Plan, after: Plan, nameOf: Names): readonly string[] {
  const refused = (plan: Plan): readonly string[] => plan.refused.map(({ organizationId }) => organizationId);
  const said = [
    sentence('Would change now, too', added(before.changing, after.changing), nameOf),
    sentence('Would not change any more', added(after.changing, before.changing), nameOf),
    sentence('Would be refused now', added(refused(before), refused(after)), nameOf),
    sentence('Would not be refused any more', added(refused(after), refused(before)), nameOf),
    sentence('Would lock users out now', added(before.lockingOut, after.lockingOut), nameOf),
    ...peopleChanges(before.people, after.people),
  ].filter((one) => one !== '');
  return said.length > 0 ? said : ['It would do the same as before.'];
}

function added(before: readonly string[], after: readonly string[]): readonly string[] {
  const known = new Set(before);
  return after.filter((id) => !known.has(id));
}

function sentence(what: string, ids: readonly string[], nameOf: Names): string {
  return ids.length === 0 ? '' : `${what}: ${listed(ids.slice(0, 5).map(nameOf), ids.length)}.`;
}

function peopleChanges(before: People | undefined, after: People | undefined): readonly string[] {
  if (before === undefined || after === undefined || 'unknown' in before || 'unknown' in after) return [];
  return USER_CHANGES.filter((change) => before[change].users !== after[change].users).map(
    (change) =>
      `${USER_CHANGE_WORDS[change]}: ${counted(after[change].users, 'user')} instead of ${before[change].users.toLocaleString('en-GB')}.`,
  );
}
