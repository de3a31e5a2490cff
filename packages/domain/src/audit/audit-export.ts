import type { JsonObject, EventId, Position } from '@login-policy/event-sourcing';
import type { Owner } from '../policy/owner.js';
import type { DateTime } from 'luxon';

/** One event of one policy: who did what, when and why. */
export interface AuditEntry {
  /** The owner of the policy. */
  readonly owner: Owner;
  /** The event's sequence in that policy. */
  readonly sequence: bigint;
  readonly eventId: EventId;
  /** The event type; it may be one that this program does not know. */
  readonly type: string;
  /** The event's data as recorded (docs/reference/events.md). */
  readonly data: JsonObject;
  readonly recordedAt: DateTime<true>;
  /** The time of the log: the latest `recordedAt` up to this event. It never goes back, and `from` and `to` go by it. */
  readonly loggedAt: DateTime<true>;
  /** The event's position in the store. */
  readonly position: Position;
  readonly actor: string;
  readonly reason?: string;
  readonly correlationId: string;
  readonly causationId?: string;
}

/** The columns of an export. */
const COLUMNS = [
  ...(['position', 'recordedAt', 'actor', 'instanceId', 'organizationId', 'sequence', 'type', 'data'] as const),
  ...(['reason', 'correlationId', 'causationId', 'eventId'] as const),
];

/** An entry as plain JSON. @throws TypeError naming what is not as in an entry of the audit log */
export function entryJson(of: AuditEntry): JsonObject {
  demandEntry(of);
  const { owner, sequence, recordedAt, position, ...entry } = of;
  const { actor, causationId, correlationId, data, eventId, reason, type } = entry;
  return {
    position: String(position),
    recordedAt: new Date(recordedAt.toMillis()).toISOString(),
    actor,
    instanceId: owner.instanceId,
    ...('organizationId' in owner && { organizationId: owner.organizationId }),
    sequence: String(sequence),
    type,
    data,
    ...(reason !== undefined && { reason }),
    correlationId,
    ...(causationId !== undefined && { causationId }),
    eventId,
  };
}

/** The first line of CSV. */
export const CSV_HEADER: string = `${COLUMNS.map((name) => `"${name}"`).join(',')}\r\n`;

/** An entry as a line of CSV, by RFC 4180: each cell in quotes. */
export function csvLine(entry: AuditEntry): string {
  const json = entryJson(entry);
  return `${COLUMNS.map((name) => cell(json[name])).join(',')}\r\n`;
}

function cell(value: JsonObject[string] = ''): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `"${withoutFormula(text).replaceAll('"', '""')}"`;
}

/**
 * Guards against formula injection: a cell that a spreadsheet could take for a formula begins with an apostrophe, which
 * the spreadsheet hides.
 */
function withoutFormula(text: string): string {
  return /^[\s\p{Cc}]*[=+\-@＝＋－＠]/u.test(text) || /^[\t\r\n]/.test(text) ? `'${text}` : text;
}

function demandEntry(entry: unknown): void {
  const has = (name: string, isRight: (member: object) => boolean): boolean => {
    const member: unknown = typeof entry === 'object' && entry !== null ? Reflect.get(entry, name) : undefined;
    return typeof member === 'object' && member !== null && isRight(member);
  };
  if (!has('owner', (owner) => 'instanceId' in owner)) throw notAnEntry('owner');
  if (!has('recordedAt', (time) => typeof Reflect.get(time, 'toMillis') === 'function')) throw notAnEntry('recordedAt');
}

function notAnEntry(member: string): TypeError {
  return new TypeError(`auditEntryJson: ${member} must be as in an entry of the audit log.`);
}
