import type { Json, RecordedEvent } from '@login-policy/event-sourcing';
import { parseJson } from '@login-policy/event-sourcing/values';
import type { Names } from './names.js';
import { storedEvent } from './rows.js';

const ID_LENGTH = 26;

/** A page as one row of joined columns: the driver then returns nine values a page instead of eight an event. */
export type JoinedPage = readonly [
  count: number,
  positions: string | null,
  streams: string | null,
  revisions: string | null,
  typesAndVersions: string | null,
  instants: string | null,
  appends: string | null,
  data: string | null,
  ids: string | null,
  metadata: string | null,
];

/** SQL that joins the columns of a page. */
export function joinPage(page: string): string {
  return `SELECT count(*), group_concat(position), group_concat(stream), group_concat(revision),
    group_concat(type_and_version), group_concat(recorded_at), group_concat(append), group_concat(data),
    group_concat(id, ''), group_concat(metadata) FROM (${page})`;
}

/**
 * The events of a joined page; with `isInOrder`, they must be in the order of positions. `undefined` when a row is
 * damaged: the caller then reads row by row to find out which.
 */
export function eventsOfPage(page: JoinedPage, names: Names, isInOrder: boolean): readonly RecordedEvent[] | undefined {
  const [count, positions, streams, revisions, types, instants, appends, data, ids, metadata] = page;
  if (count === 0) return [];
  try {
    return splitColumns({ count, ids: ids ?? '', isInOrder }, names, {
      positions: numbersIn(positions),
      streams: numbersIn(streams),
      revisions: numbersIn(revisions),
      types: numbersIn(types),
      instants: numbersIn(instants),
      appends: numbersIn(appends),
      data: listIn(data),
      metadata: listIn(metadata),
    });
  } catch {
    // Reading row by row causes the same error, but with the row in it.
    return undefined;
  }
}

type Columns = Readonly<
  Record<'appends' | 'instants' | 'positions' | 'revisions' | 'streams' | 'types', readonly number[]> &
    Record<'data' | 'metadata', readonly Json[]>
>;

function splitColumns(
  { count, ids, isInOrder }: { readonly count: number; readonly ids: string; readonly isInOrder: boolean },
  names: Names,
  columns: Columns,
): readonly RecordedEvent[] | undefined {
  const { positions, streams, revisions, types, instants, appends, data, metadata } = columns;
  const isWhole = Object.values(columns).every(({ length }: readonly unknown[]) => length === count);
  if (!isWhole || ids.length !== count * ID_LENGTH) return undefined;
  const events: RecordedEvent[] = [];
  let last = 0;
  for (let index = 0; index < count; index++) {
    const ordinal = positions[index] ?? 0;
    if (isInOrder && ordinal <= last) return undefined;
    last = ordinal;
    const row = [
      ordinal,
      streams[index] ?? 0,
      revisions[index] ?? 0,
      types[index] ?? 0,
      instants[index] ?? 0,
      appends[index] ?? 0,
    ] as const;
    const id = ids.slice(index * ID_LENGTH, (index + 1) * ID_LENGTH);
    events.push(storedEvent(row, names, { id, data: data[index], metadata: metadata[index] }));
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
