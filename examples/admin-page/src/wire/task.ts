import { commandOf, type Intent } from './command.js';
import { textOfIntent } from './intent-text.js';
import type { JsonObject } from './json.js';
import type { Policy } from './policy.js';
import { INSTANCE } from './scope.js';
import { settingsRequest } from './settings.js';

/** A change that can be made everywhere: it means the same for every policy. */
export type Deed = Extract<
  Intent,
  { wish: 'add-factor' | 'remove-factor' | 'add-provider' | 'remove-provider' | 'change-settings' }
>;

/** Whose policies a change is for. */
export interface Reach {
  /** Those of these organizations that have a custom policy; `undefined` for all that have one. */
  readonly organizationIds: readonly string[] | undefined;
  readonly withDefault: boolean;
}

/** The default policy and every custom one. */
export const EVERYWHERE: Reach = { organizationIds: undefined, withDefault: true };

/** A change, and whose policies it is for. */
export interface Task {
  readonly deed: Deed;
  readonly reach: Reach;
}

/** A task as the API takes it. */
export function taskRequest({ deed, reach }: Task, seen: Policy): JsonObject {
  return { ...deedRequest(deed, seen), ...reachRequest(reach) };
}

/** Of settings only those that change: each organization keeps its others. */
function deedRequest(deed: Deed, seen: Policy): JsonObject {
  if (deed.wish === 'change-settings') return { method: 'Change', request: settingsRequest(deed.patch) };
  const { method, request } = commandOf(deed, INSTANCE, seen);
  return { method, request };
}

/** Whose policies, as bodies say it; nothing for all. */
export function reachRequest({ organizationIds, withDefault }: Reach): JsonObject {
  return organizationIds === undefined ? { ...(!withDefault && { withDefault }) } : { organizationIds, withDefault };
}

/**
 * The end of the id of a task's rollout. The server keeps neither the choice of organizations nor all settings of a change: an address that
 * lost some of it must not go on with another task under the same id.
 */
export function markOf({ deed, reach }: Task): string {
  let hash = 0x811c9dc5;
  for (const character of `${textOfIntent(deed)} ${JSON.stringify(reachRequest(reach))}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Whether a rollout of this page is of a task; `undefined` where the id is not of this page, and says nothing of it. */
export function isOfTask(id: string, task: Task | undefined): boolean | undefined {
  const [, mark] = /\.([0-9a-f]{8})$/.exec(id) ?? [];
  return mark === undefined ? undefined : task !== undefined && markOf(task) === mark;
}
