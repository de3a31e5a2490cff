import { itemCommand, type Intent } from './command.js';
import { textOfIntent } from './intent-text.js';
import type { JsonObject } from './json.js';
import { INSTANCE } from './scope.js';
import { settingsRequest } from './settings.js';

/** A change that can be made to every policy. */
export type Deed = Extract<
  Intent,
  { wish: 'add-factor' | 'remove-factor' | 'add-provider' | 'remove-provider' | 'change-settings' }
>;

/** Whether a change can be made to every policy. */
export function isDeed(intent: Intent): intent is Deed {
  return intent.wish !== 'add-custom' && intent.wish !== 'reset' && intent.wish !== 'revert';
}

/** The policies that a change is for. */
export interface Reach {
  /** The custom policies of these organizations; `undefined` for all custom policies. */
  readonly organizationIds: readonly string[] | undefined;
  readonly withDefault: boolean;
}

/** The default policy and all custom policies. */
export const EVERYWHERE: Reach = { organizationIds: undefined, withDefault: true };

/** Whether a policy is among them: of an organization, or, by an empty id, the default. */
export function isReached({ organizationIds, withDefault }: Reach, organizationId: string): boolean {
  return organizationId === '' ? withDefault : (organizationIds?.includes(organizationId) ?? true);
}

/** Whether a task is for the default policy and all custom policies. */
export function isEverywhere({ reach }: Pick<Task, 'reach'>): boolean {
  return reach.organizationIds === undefined && reach.withDefault;
}

/** A change, and the policies it is for. */
export interface Task {
  readonly deed: Deed;
  readonly reach: Reach;
}

/** A task in the form of the API. */
export function taskRequest({ deed, reach }: Task): JsonObject {
  return { ...deedRequest(deed), ...reachRequest(reach) };
}

/** Only the settings that change: each organization keeps its other settings. */
function deedRequest(deed: Deed): JsonObject {
  if (deed.wish === 'change-settings') return { method: 'Change', request: settingsRequest(deed.patch) };
  const { method, request } = itemCommand(deed, INSTANCE);
  return { method, request };
}

/** The policies in the form of the API; empty for all. */
export function reachRequest({ organizationIds, withDefault }: Reach): JsonObject {
  return organizationIds === undefined ? { ...(!withDefault && { withDefault }) } : { organizationIds, withDefault };
}

/**
 * The suffix of the id of a task's rollout. The server stores neither the selection of organizations nor all settings
 * of a change. Without the suffix, a truncated address could resume another task under the same id.
 */
export function markOf({ deed, reach }: Task): string {
  let hash = 0x811c9dc5;
  for (const character of `${textOfIntent(deed)} ${JSON.stringify(reachRequest(reach))}`)
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** Whether a rollout id belongs to a task; `undefined` for an id that this page did not create. */
export function isOfTask(id: string, task: Task | undefined): boolean | undefined {
  const [, mark] = /\.([0-9a-f]{8})$/.exec(id) ?? [];
  return mark === undefined ? undefined : task !== undefined && markOf(task) === mark;
}
