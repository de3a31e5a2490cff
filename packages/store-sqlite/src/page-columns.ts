import { parseJson, type Json, type ReadAllOptions, type RecordedEvent } from '@login-policy/event-sourcing';
import type { Names } from './names.js';
import { isObject, originlessEvent, StoredEvent } from './rows.js';

/** A page as one row, each column joined: the driver hands out nine values a page instead of eight an event. */
export type JoinedPage = readonly [
  count: number,
  positions: string | null,
  streams: string | null,
  revisions: string | null,
  typesAndVersions: string | null,
  instants: string | null,
  appends: string | null,
  data: string | null,
  idsAndMetadata: string | null,
];

/**
 * Joins the columns of the page that a subquery reads, with or without the events' origin. JSON text holds no bare line
 * break, and no id does.
 */
export function joinPage(page: string, origin?: ReadAllOptions['origin']): string {
  const origins = origin === undefined ? 'group_concat(id_and_metadata, char(10))' : 'NULL';
  return `SELECT count(*), group_concat(position), group_concat(stream), group_concat(revision),
    group_concat(type_and_version), group_concat(recorded_at), group_concat(append), group_concat(data), ${origins} FROM (${page})`;
}

/**
 * The events of a joined page, or `undefined` when it does not come apart into whole events in their order: then one of its
 * rows is damaged, and reading them one by one says which.
 */
export function eventsOfPage(page: JoinedPage, names: Names): readonly RecordedEvent[] | undefined {
  const [count, positions, streams, revisions, types, instants, appends, data, texts] = page;
  if (count === 0) return [];
  try {
    return takeApart(count, names, {
      positions: numbersIn(positions),
      streams: numbersIn(streams),
      revisions: numbersIn(revisions),
      types: numbersIn(types),
      instants: numbersIn(instants),
      appends: numbersIn(appends),
      data: listIn(data),
      texts: texts?.split('\n'),
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
  readonly appends: readonly number[];
  readonly data: readonly Json[];
  /** `undefined` when they were not asked for. */
  readonly texts: readonly string[] | undefined;
}

function takeApart(count: number, names: Names, columns: Columns): readonly RecordedEvent[] | undefined {
  const { positions, streams, revisions, types, instants, appends, data, texts } = columns;
  const present = Object.values(columns).filter((column: readonly unknown[] | undefined) => column !== undefined);
  if (present.some(({ length }) => length !== count)) return undefined;
  const events: RecordedEvent[] = [];
  let last = 0;
  for (let index = 0; index < count; index++) {
    const place = positions[index] ?? 0;
    const content = data[index];
    if (place <= last || !isObject(content)) return undefined;
    last = place;
    const placed = [
      place,
      streams[index] ?? 0,
      revisions[index] ?? 0,
      types[index] ?? 0,
      instants[index] ?? 0,
      appends[index] ?? 0,
    ] as const;
    if (texts === undefined) events.push(originlessEvent(placed, names, content));
    else events.push(new StoredEvent([...placed, '', texts[index] ?? ''], names, content));
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
