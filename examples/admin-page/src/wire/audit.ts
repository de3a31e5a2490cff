import { reasonIn } from './history.js';
import { listOf, objectOf, optionalText, textOf, type JsonObject } from './json.js';
import { orAbsent, send } from './request.js';
import { INSTANCE, pathOf } from './scope.js';

/** One event of one policy: who did what, when and why. */
export interface AuditEntry {
  /** Empty for the default policy. */
  readonly organizationId: string;
  readonly sequence: string;
  readonly type: string;
  /** The data of the event, as recorded. */
  readonly data: JsonObject;
  /** In ISO 8601, UTC. */
  readonly recordedAt: string;
  readonly actor: string;
  readonly reason: string | undefined;
  /** The same for all events of one command. */
  readonly correlationId: string;
}

/** A filter of entries. All its conditions must match. */
export type AuditFilter = Readonly<
  Partial<Record<'actor' | 'type' | 'factor' | 'organizationId' | 'isDefault' | 'from' | 'to' | 'reason', string>>
>;

/** A page of the audit log, newest first. */
export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** The cursor of the next older page; `undefined` on the last page. */
  readonly next: string | undefined;
}

const PATH = `${pathOf(INSTANCE)}/audit`;

/** Reads a page of the audit log; `undefined` where the server keeps none. */
export async function readAudit(filter: AuditFilter, after: string, limit: number): Promise<AuditPage | undefined> {
  const query = new URLSearchParams({ ...filter, limit: String(limit), ...(after !== '' && { after }) });
  const read = await orAbsent(send({ verb: 'GET', path: `${PATH}?${query}` }));
  if (read === undefined) return undefined;
  const answer = objectOf(read, 'the audit log');
  return {
    entries: listOf(answer['entries'], 'entries', entryOf),
    next: optionalText(answer['next'], 'next'),
  };
}

/** The path to download all entries of a filter as a file. */
export function exportPath(filter: AuditFilter, format: 'csv' | 'json-lines'): string {
  return `${PATH}/export?${new URLSearchParams({ ...filter, format })}`;
}

function entryOf(value: unknown): AuditEntry {
  const entry = objectOf(value, 'an entry');
  return {
    organizationId: optionalText(entry['organizationId'], 'organizationId') ?? '',
    sequence: textOf(entry['sequence'], 'sequence'),
    type: textOf(entry['type'], 'type'),
    data: objectOf(entry['data'], 'data'),
    recordedAt: textOf(entry['recordedAt'], 'recordedAt'),
    actor: textOf(entry['actor'], 'actor'),
    reason: reasonIn(entry),
    correlationId: optionalText(entry['correlationId'], 'correlationId') ?? '',
  };
}
