import { textOfIntent } from '../wire/intent-text.js';
import type { Task } from '../wire/task.js';
import type { Query } from './route.js';
import { selectionText } from './selection.js';

/** The address of a rollout: its task, which the server stores only in part, and its id. */
export function queryOfTask(
  { deed, reach: { organizationIds, withDefault } }: Task,
  id: string,
): Query & { id: string } {
  const which = organizationIds === undefined && !withDefault ? { for: 'custom' } : {};
  const some = organizationIds === undefined ? which : { for: 'chosen', organizations: selectionText(organizationIds) };
  return { deed: 'given', given: textOfIntent(deed), ...some, id };
}
