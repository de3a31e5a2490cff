import { type Json, type Position, position, type Projection } from '@login-policy/event-sourcing';
import type { ReadModel, ReadModelStore } from '@login-policy/event-sourcing/store';
import { demandSame } from '../../demand.js';
import type { OpenedReadModelStore } from './opened-read-models.js';

/** A row with content that JSON does not have, so that a store that skips the row's codec is noticed. */
export interface Tally {
  readonly label: string;
  readonly total: bigint;
  readonly at: Date;
  /** One group or several. The index leaves out rows without one. */
  readonly group?: string | readonly string[];
}

/** The index of {@link tallies} by group. It lacks rows without a group. */
export const GROUP = 'group';

/** The index of {@link tallies} that has every row. */
export const LABEL = 'label';

/** A projection of tallies, by its name and version. */
export function tallies(name = 'tallies', version = 1): Projection<never, Tally> {
  return {
    name,
    version,
    ...NO_EVENTS,
    rows: { encode: encodeTally, decode: decodeTally },
    index: ({ label, group }) => ({ [LABEL]: label, ...(group !== undefined && { [GROUP]: group }) }),
  };
}

/** The tests supply the rows of these read models directly, without events. */
const NO_EVENTS: Pick<Projection<never, Tally>, 'filter' | 'events' | 'key' | 'reduce'> = {
  filter: { categories: [] },
  events: { encode: noEvents, decode: noEvents },
  key: noEvents,
  reduce: noEvents,
};

function noEvents(): never {
  throw new Error('a tally is not made of events');
}

/** A row, with defaults for what the test does not specify. */
export function tally(content: Partial<Tally> = {}): Tally {
  return { label: 'a label', total: 1n, at: new Date('2024-06-13T06:44:39.050Z'), ...content };
}

/** Opens the tallies of the first handle. */
export function openTallies({ readModels }: OpenedReadModelStore): Promise<ReadModel<Tally>> {
  return readModels.open(tallies());
}

/** Opens the same tallies through two handles. */
export async function openTwice(subject: OpenedReadModelStore): Promise<readonly [ReadModel<Tally>, ReadModel<Tally>]> {
  const other: ReadModelStore = await subject.another();
  return [await openTallies(subject), await other.open(tallies())];
}

/** A map of rows by key. */
export function change(rows: Readonly<Record<string, Tally | undefined>>): ReadonlyMap<string, Tally | undefined> {
  return new Map(Object.entries(rows));
}

/** Takes a step between two checkpoints, as plain numbers. */
export async function step(
  model: Pick<ReadModel<Tally>, 'commit'>,
  checkpoints: readonly [from: number | undefined, to: number],
  rows: ReadonlyMap<string, Tally | undefined>,
): Promise<void> {
  const [from, to] = checkpoints;
  await model.commit({ expected: positionAt(from), checkpoint: position(to), rows });
}

/** Checks that the model has exactly these rows under the named keys, at this checkpoint. @throws AssertionError */
export async function demandModel(
  model: ReadModel<Tally>,
  checkpoint: number | undefined,
  rows: Readonly<Record<string, Tally | undefined>>,
): Promise<void> {
  const keys = Object.keys(rows);
  const expected = new Map(Object.entries(rows).filter(([, row]) => row !== undefined));
  const found = await model.read(keys);
  demandSame({ what: 'rows', actual: byKey(found.rows), expected: byKey(expected) });
  demandSame({ what: 'checkpoint of the rows', actual: found.checkpoint, expected: positionAt(checkpoint) });
  demandSame({ what: 'checkpoint', actual: await model.checkpoint(), expected: positionAt(checkpoint) });
}

function positionAt(number: number | undefined): Position | undefined {
  return number === undefined ? undefined : position(number);
}

function byKey<Row>(rows: ReadonlyMap<string, Row>): ReadonlyMap<string, Row> {
  return new Map([...rows].toSorted(([left], [right]) => (left < right ? -1 : 1)));
}

function encodeTally({ label, total, at: moment, group }: Tally): Json {
  return { label, total: total.toString(), at: moment.toISOString(), ...(group !== undefined && { group }) };
}

function decodeTally(stored: Json): Tally {
  if (typeof stored !== 'object' || stored === null || !('label' in stored)) throw new TypeError('no tally');
  const { label, total, at: moment, group } = stored;
  if (typeof label !== 'string' || typeof total !== 'string' || typeof moment !== 'string') {
    throw new TypeError('a tally has a label, a total and a moment');
  }
  return { label, total: BigInt(total), at: new Date(moment), ...(isGroup(group) && { group }) };
}

function isGroup(stored: Json | undefined): stored is string | readonly string[] {
  return typeof stored === 'string' || (Array.isArray(stored) && stored.every((one) => typeof one === 'string'));
}

/** Commits a number of rows in the group `g`, and returns their keys in order. */
export async function commitNumbered(model: ReadModel<Tally>, count: number): Promise<readonly string[]> {
  const keys = Array.from({ length: count }, (_, index) => `key-${String(index).padStart(4, '0')}`);
  await step(model, [undefined, 1], new Map(keys.map((key) => [key, tally({ group: 'g' })])));
  return keys;
}
