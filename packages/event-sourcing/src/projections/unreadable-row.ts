import { UnreadableEvent, WrittenByNewerProgram, type EventPlace } from '../event-faults.js';
import type { Fault } from '../fault.js';
import { toJsonObject, type Json, type JsonObject } from '../streams/json.js';
import { revision } from '../streams/revision.js';
import { parseStreamId } from '../streams/stream-id.js';
import type { IndexValues } from './projection.js';

/** Why an event could not be read, and where it stands. */
export interface UnreadableFacts extends EventPlace {
  readonly code: 'written-by-newer-program' | 'unreadable-event';
  readonly problem: string;
}

/**
 * Why a row can't be read: its stream holds an event that a newer program wrote, or one that is damaged, or the name of the stream is
 * not one that the projection is about.
 */
export type UnreadableKind = UnreadableFacts['code'] | 'stray-stream';

/** The index that finds rows which can't be read: by {@link UnreadableKind}, `any` and {@link MAY_HEAL}. */
export const UNREADABLE = '$unreadable';

/** The value of those that another version of the program may be able to read. */
export const MAY_HEAL = 'may-heal';

/** Which rows that can't be read are asked for, in the order of their keys. */
export interface UnreadablePage {
  /** Default: any. */
  readonly kind?: UnreadableKind;
  /** Only those whose key comes after this one. */
  readonly afterKey?: string;
  /** 1 to 10,000. Default 100. */
  readonly limit?: number;
}

/**
 * Stands for a row whose stream holds an event that this program can't read: a newer program wrote it, or it is damaged. What the
 * row would be is not known from there on; all other rows go on. It is found under the values it was found under before.
 */
export class UnreadableRow {
  readonly facts: UnreadableFacts;
  readonly index: IndexValues;

  constructor(facts: UnreadableFacts, index: IndexValues) {
    this.facts = facts;
    this.index = index;
  }

  /** Why it can't be read. */
  get kind(): UnreadableKind {
    return this.index[UNREADABLE] === STRAY ? STRAY : this.facts.code;
  }

  /** What a read of the row rejects with. */
  fault(): Fault {
    const { code, problem, ...place } = this.facts;
    return code === 'written-by-newer-program'
      ? new WrittenByNewerProgram({ ...place, problem })
      : new UnreadableEvent({ ...place, problem });
  }
}

const STRAY = 'stray-stream';

/** Stands for the row of a stream whose name is not one that the projection is about. */
export function strayRow(place: EventPlace, projection: { readonly name: string }): UnreadableRow {
  const problem = `the stream's name is not one that ${projection.name} is about`;
  return new UnreadableRow({ ...place, code: 'unreadable-event', problem }, { [UNREADABLE]: STRAY });
}

/** By what a row that can't be read is found, apart from the values of its own. */
export function indexOfKind({ kind }: UnreadableRow): IndexValues {
  return { [UNREADABLE]: kind === 'unreadable-event' ? ['any', kind] : ['any', kind, MAY_HEAL] };
}

/** The member a stored row has that stands for one that can't be read; no row of a projection has it. */
const MARK = '$unreadable';

/** What is stored in the place of a row that can't be read. */
export function markOf({ facts, index }: UnreadableRow): Json {
  const { streamId, type, schemaVersion, code, problem } = facts;
  return { [MARK]: { streamId, revision: facts.revision.toString(), type, schemaVersion, code, problem, index } };
}

/** The row that can't be read, where `stored` stands for one. @throws TypeError when its mark is not what was written. */
export function markedIn(stored: Json): UnreadableRow | undefined {
  if (typeof stored !== 'object' || stored === null || !(MARK in stored)) return undefined;
  const mark = membersOf(stored[MARK]);
  const code = textIn(mark, 'code');
  if (code !== 'written-by-newer-program' && code !== 'unreadable-event') throw new TypeError('no mark of a row');
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
  if (typeof stored !== 'object' || stored === null) throw new TypeError('no mark of a row');
  return toJsonObject(stored);
}

function valuesIn(stored: Json): string | readonly string[] {
  const isValues =
    typeof stored === 'string' || (Array.isArray(stored) && stored.every((one) => typeof one === 'string'));
  if (isValues) return stored;
  throw new TypeError('the mark of a row has text to find it by');
}

function textIn(members: JsonObject, name: string): string {
  const value = members[name];
  if (typeof value === 'string') return value;
  throw new TypeError(`the mark of a row has text for ${name}`);
}
