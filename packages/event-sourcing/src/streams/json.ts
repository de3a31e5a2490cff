import { Fault } from '../values/fault.js';
import { shown } from '../values/shown.js';

/** What JSON can represent: the only values that a store stores. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object: plain, without functions, `undefined` or symbols. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Parses JSON text. @throws SyntaxError when it is not JSON, or not a text */
export function parseJson(text: string): Json {
  if (typeof text !== 'string') throw new SyntaxError(`JSON must be a text, not ${shown(text)}`);
  return JSON.parse(text) as Json;
}

const DEEPEST = 64;

/** {@link toJsonObject} for any value. */
export function toJson(value: unknown): Json {
  return copy(value, ROOT);
}

/**
 * Copies and freezes an object that JSON can represent exactly, and refuses everything else. Stored data can then
 * neither be changed by the caller nor differ when it is read again.
 *
 * Refused: `bigint`, `undefined`, `NaN`, infinities, `-0`, functions, symbols, class instances (also `Date`), sparse
 * arrays, lone surrogates, the key `__proto__`, more than 64 levels. As in `JSON.stringify`, members under symbols and
 * those that are not enumerable are left out.
 *
 * @throws UnserialisableData (`Fault` with the code `unserialisable-data`) that names the path of the first such value.
 */
export function toJsonObject(value: object): JsonObject {
  return copyObject(value, ROOT);
}

/** The place of a value in the whole. Formatted as a path only for a fault. */
interface Place {
  readonly parent: Place | undefined;
  readonly step: string | number;
  readonly depth: number;
}

const ROOT: Place = { parent: undefined, step: '$', depth: 0 };

function pathOf({ parent, step }: Place): string {
  if (parent === undefined) return String(step);
  return `${pathOf(parent)}${typeof step === 'number' ? `[${step}]` : `.${step}`}`;
}

function refused(place: Place, problem: string): Fault<'unserialisable-data'> {
  return new Fault('unserialisable-data', { path: pathOf(place), problem });
}

function copy(value: unknown, place: Place): Json {
  if (typeof value === 'string') return copyText(value, place);
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    throw refused(place, `${Object.is(value, -0) ? '-0' : value} is not a JSON number`);
  }
  if (typeof value !== 'object') throw refused(place, `${typeof value} is not part of JSON`);
  if (place.depth >= DEEPEST) throw refused(place, `nested deeper than ${DEEPEST} levels`);
  return Array.isArray(value) ? copyArray(value, place) : copyObject(value, place);
}

/** Most members are strings, and most strings are valid, so no place is created for them. */
function copyMember(value: unknown, parent: Place, step: string | number): Json {
  if (typeof value === 'string' && value.isWellFormed()) return value;
  return copy(value, { parent, step, depth: parent.depth + 1 });
}

function copyText(text: string, place: Place): string {
  if (text.isWellFormed()) return text;
  throw refused(place, 'a lone surrogate is not Unicode text');
}

function copyArray(array: readonly unknown[], place: Place): readonly Json[] {
  const out: Json[] = [];
  for (let index = 0; index < array.length; index++) out.push(copyMember(array[index], place, index));
  return Object.freeze(out);
}

function copyObject(object: object, place: Place): JsonObject {
  if (typeof object !== 'object' || object === null) throw refused(place, `expected an object, got ${shown(object)}`);
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw refused(place, 'expected a plain object, got an instance of a class');
  }
  const out: Record<string, Json> = {};
  for (const key of Object.keys(object)) {
    if (key === '__proto__') throw refused(place, 'the key __proto__ is not allowed');
    out[copyText(key, place)] = copyMember(Reflect.get(object, key), place, key);
  }
  return Object.freeze(out);
}

/**
 * Refuses what is not Unicode text: a store that keeps bytes would give another text back.
 *
 * @throws UnserialisableData naming the member.
 */
export function demandText(member: string, value: unknown): void {
  if (isText(value)) return;
  const problem = typeof value === 'string' ? 'a lone surrogate is not Unicode text' : 'it is not text';
  throw new Fault('unserialisable-data', { path: `$.${member}`, problem });
}

/** The same for a value of an index. Its name is put together only for the fault. */
export function demandIndexed(index: string, value: unknown): void {
  if (!isText(value)) demandText(`index.${index}`, value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.isWellFormed();
}
