import { parseJson, type Json, type RecordedEvent } from '@login-policy/event-sourcing';
import type { Names } from './names.js';
import { isObject, StoredEvent, type EventRow } from './rows.js';

/** A page as one row, each column joined: the driver hands out eight values a page instead of seven an event. */
export type JoinedPage = readonly [
  count: number,
  positions: string | null,
  streams: string | null,
  revisions: string | null,
  typesAndVersions: string | null,
  instants: string | null,
  data: string | null,
  idsAndMetadata: string | null,
];

/** Joins the columns of the page that a subquery reads. JSON text holds no bare line break, and no id does. */
export function joinPage(page: string): string {
  return `SELECT count(*), group_concat(position), group_concat(stream), group_concat(revision),
    group_concat(type_and_version), group_concat(recorded_at), group_concat(data),
    group_concat(id_and_metadata, char(10)) FROM (${page})`;
}

/**
 * The events of a joined page, or `undefined` when it does not come apart into whole events in their order: then one of its
 * rows is damaged, and reading them one by one says which.
 */
export function eventsOfPage(page: JoinedPage, names: Names): readonly RecordedEvent[] | undefined {
  const [count, positions, streams, revisions, types, instants, data, texts] = page;
  if (count === 0) return [];
  try {
    return takeApart(count, names, {
      positions: numbersIn(positions),
      streams: numbersIn(streams),
      revisions: numbersIn(revisions),
      types: numbersIn(types),
      instants: numbersIn(instants),
      data: listIn(data),
      texts: (texts ?? '').split('\n'),
    });
  } catch {
    // Whatever is wrong with it, reading row by row finds it again and says where.
    return undefined;
  }
}

interface Columns {
  readonly positions: readonly number[];
  readonly streams: readonly number[];
  readonly revisions: readonly number[];
  readonly types: readonly number[];
  readonly instants: readonly number[];
  readonly data: readonly Json[];
  readonly texts: readonly string[];
}

function takeApart(count: number, names: Names, columns: Columns): readonly RecordedEvent[] | undefined {
  const { positions, streams, revisions, types, instants, data, texts } = columns;
  if (Object.values(columns).some((column: readonly unknown[]) => column.length !== count)) return undefined;
  const events: RecordedEvent[] = [];
  let last = 0;
  for (let index = 0; index < count; index++) {
    const place = positions[index] ?? 0;
    const content = data[index];
    if (place <= last || !isObject(content)) return undefined;
    last = place;
    const row: EventRow = [
      place,
      streams[index] ?? 0,
      revisions[index] ?? 0,
      types[index] ?? 0,
      instants[index] ?? 0,
      '',
      texts[index] ?? '',
    ];
    events.push(new StoredEvent(row, names, content));
  }
  return events;
}

function listIn(column: string | null): readonly Json[] {
  const list = parseJson(`[${column ?? ''}]`);
  return isList(list) ? list : [];
}

function numbersIn(column: string | null): readonly number[] {
  const list = listIn(column);
  return areNumbers(list) ? list : [];
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

function areNumbers(list: readonly Json[]): list is readonly number[] {
  return list.every((value) => typeof value === 'number');
}
