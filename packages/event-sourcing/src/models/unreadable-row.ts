import { acrossCopies } from '../values/across-copies.js';
import { Fault, type EventPlace } from '../values/fault.js';
import { toJsonObject, type Json, type JsonObject } from '../streams/json.js';
import { revision } from '../values/revision.js';
import { parseStreamId } from '../values/stream-id.js';
import type { IndexValues } from './projection.js';

/** Why an event could not be read, and its place. */
export interface UnreadableFacts extends EventPlace {
  readonly code: 'written-by-newer-program' | 'unreadable-event';
  readonly problem: string;
}

/**
 * Why a row can't be read. Its stream holds an event of a newer program or a damaged one, or the projection does not
 * cover the stream.
 */
export type UnreadableKind = UnreadableFacts['code'] | 'stray-stream';

/** The index of unreadable rows: by {@link UnreadableKind}, `any` and {@link OTHER_PROGRAM}. */
export const UNREADABLE = '$unreadable';

/** The value for rows that another version of the program may be able to read. */
export const OTHER_PROGRAM = 'other-program';

/** Which unreadable rows to list, in key order. */
export interface UnreadablePage {
  /** Default: every kind. */
  readonly kind?: UnreadableKind;
  /** Only rows whose key comes after this one. */
  readonly afterKey?: string;
  /** 1 to 10,000. Default 100. */
  readonly limit?: number;
}

/**
 * The placeholder of a row whose stream holds an unreadable event: a newer program wrote it, or it is damaged. The
 * row's content is unknown from that event on; all other rows go on. The placeholder keeps the index values of the row.
 */
export class UnreadableRow {
  readonly facts: UnreadableFacts;
  readonly index: IndexValues;

  constructor(facts: UnreadableFacts, index: IndexValues) {
    this.facts = facts;
    this.index = index;
  }

  /** Why the row can't be read. */
  get kind(): UnreadableKind {
    return this.index[UNREADABLE] === STRAY ? STRAY : this.facts.code;
  }

  /** The fault of a read of this row. */
  fault(): Fault {
    const { code, problem, ...place } = this.facts;
    return code === 'written-by-newer-program'
      ? new Fault('written-by-newer-program', { ...place, problem })
      : new Fault('unreadable-event', { ...place, problem });
  }
}
acrossCopies(UnreadableRow, 'UnreadableRow');

/**
 * What readers get in place of a stored row that can't be decoded. It is never stored: the next event puts an
 * {@link UnreadableRow} in its place, and a rebuild mends the row.
 */
export class DamagedRow {
  readonly #fault: Fault<'store-damaged'>;

  constructor(fault: Fault<'store-damaged'>) {
    this.#fault = fault;
  }

  /** The fault of a read of this row. */
  fault(): Fault<'store-damaged'> {
    return this.#fault;
  }
}
acrossCopies(DamagedRow, 'DamagedRow');

/** What readers get in place of a row that can't be read. */
export type Placeholder = DamagedRow | UnreadableRow;

/** Whether a row can't be read. */
export function isPlaceholder(row: unknown): row is Placeholder {
  return row instanceof UnreadableRow || row instanceof DamagedRow;
}

const STRAY = 'stray-stream';

/** The placeholder of a stream that the projection does not cover. */
export function strayRow(place: EventPlace, projection: { readonly name: string }): UnreadableRow {
  const problem = `the stream's name is not one that ${projection.name} is about`;
  return new UnreadableRow({ ...place, code: 'unreadable-event', problem }, { [UNREADABLE]: STRAY });
}

/** The index values that every placeholder has, beside those of its row. */
export function indexOfKind({ kind }: UnreadableRow): IndexValues {
  return { [UNREADABLE]: kind === 'unreadable-event' ? ['any', kind] : ['any', kind, OTHER_PROGRAM] };
}

/** The member that marks a stored placeholder. No projection's row has it. */
const MARK = '$unreadable';

/** The stored form of a placeholder. */
export function placeholderOf({ facts, index }: UnreadableRow): Json {
  const { streamId, type, schemaVersion, code, problem } = facts;
  return { [MARK]: { streamId, revision: facts.revision.toString(), type, schemaVersion, code, problem, index } };
}

/** The placeholder, if `stored` is one. @throws TypeError when it is malformed. */
export function placeholderIn(stored: Json): UnreadableRow | undefined {
  if (typeof stored !== 'object' || stored === null || !(MARK in stored)) return undefined;
  const mark = membersOf(stored[MARK]);
  const code = textIn(mark, 'code');
  if (code !== 'written-by-newer-program' && code !== 'unreadable-event')
    throw new TypeError('not a placeholder of a row');
  const facts = {
    streamId: parseStreamId(textIn(mark, 'streamId')),
    revision: revision(BigInt(textIn(mark, 'revision'))),
    type: textIn(mark, 'type'),
    schemaVersion: Number(mark['schemaVersion']),
    code,
    problem: textIn(mark, 'problem'),
  } as const;
  const index = Object.entries(membersOf(mark['index']));
  return new UnreadableRow(facts, Object.fromEntries(index.map(([name, values]) => [name, valuesIn(values)])));
}

function membersOf(stored: Json | undefined): JsonObject {
  if (typeof stored !== 'object' || stored === null) throw new TypeError('not a placeholder of a row');
  return toJsonObject(stored);
}

function valuesIn(stored: Json): string | readonly string[] {
  const isValues =
    typeof stored === 'string' || (Array.isArray(stored) && stored.every((one) => typeof one === 'string'));
  if (isValues) return stored;
  throw new TypeError('an index value of a placeholder must be a string or a list of strings');
}

function textIn(members: JsonObject, name: string): string {
  const value = members[name];
  if (typeof value === 'string') return value;
  throw new TypeError(`${name} of a placeholder must be a string`);
}
