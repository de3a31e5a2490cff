import { readAudit, type AuditEntry } from '../wire/audit.js';
import { learn } from './organizations.js';

/** The newest change of any policy at a moment; `undefined` if that can't be read. */
export type ChangeMark = AuditEntry | undefined;

const MOST = 50;

/** Reads the newest change of any policy. */
export async function newestChange(): Promise<ChangeMark> {
  const page = await readAudit({}, '', 1).catch(() => undefined);
  return page?.entries[0];
}

/** Reads the changes of all policies since, newest first, at most the newest fifty. */
export async function changesSince(mark: ChangeMark): Promise<readonly AuditEntry[]> {
  if (mark === undefined) return [];
  const entries = (await readAudit({}, '', MOST))?.entries ?? [];
  const before = entries.findIndex((one) => isSame(one, mark));
  const since = entries.slice(0, before < 0 ? MOST : before);
  await learn([...new Set(since.map(({ organizationId }) => organizationId))].filter((id) => id !== ''));
  return since;
}

/** A version is known by its event, not by its number: after a restore another event can have that. */
function isSame(one: AuditEntry, other: AuditEntry): boolean {
  const members = ['organizationId', 'sequence', 'recordedAt', 'type', 'correlationId'] as const;
  return members.every((name) => one[name] === other[name]);
}
