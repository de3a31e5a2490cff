import { UnserialisableData } from '../faults.js';

/** What JSON can hold, and all that a store is ever given to keep. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object: plain, without functions, `undefined` or symbols. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Reads JSON text. @throws SyntaxError when it is none. */
export function parseJson(text: string): Json {
  return JSON.parse(text) as Json;
}

const DEEPEST = 64;

/**
 * Copies and freezes what JSON can hold exactly, and refuses the rest: what a store keeps is neither changed later by
 * its giver nor silently different when it is read again.
 *
 * Refused: `bigint`, `undefined`, `NaN`, infinities, `-0`, functions, symbols, class instances (also `Date`), sparse
 * arrays, lone surrogates, the key `__proto__`, more than 64 levels.
 *
 * @throws UnserialisableData naming the path of the first such value.
 */
export function toJson(value: unknown): Json {
  return copy(value, '$', 0);
}

/** {@link toJson} for what has to be an object. */
export function toJsonObject(value: object): JsonObject {
  return copyObject(value, '$', 0);
}

function copy(value: unknown, path: string, depth: number): Json {
  if (typeof value === 'string') return copyText(value, path);
  if (typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'number') {
    if (Number.isFinite(value) && !Object.is(value, -0)) return value;
    throw new UnserialisableData({ path, problem: `${Object.is(value, -0) ? '-0' : value} is no JSON number` });
  }
  if (typeof value !== 'object') throw new UnserialisableData({ path, problem: `${typeof value} is not part of JSON` });
  if (depth >= DEEPEST) throw new UnserialisableData({ path, problem: `nested deeper than ${DEEPEST} levels` });
  return Array.isArray(value) ? copyArray(value, path, depth) : copyObject(value, path, depth);
}

function copyText(text: string, path: string): string {
  if (text.isWellFormed()) return text;
  throw new UnserialisableData({ path, problem: 'a lone surrogate is no Unicode text' });
}

function copyArray(array: readonly unknown[], path: string, depth: number): readonly Json[] {
  const out: Json[] = [];
  for (let index = 0; index < array.length; index++) out.push(copy(array[index], `${path}[${index}]`, depth + 1));
  return Object.freeze(out);
}

function copyObject(object: object, path: string, depth: number): JsonObject {
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new UnserialisableData({ path, problem: 'an instance of a class is no plain object' });
  }
  const out: Record<string, Json> = {};
  for (const [key, value] of Object.entries(object)) {
    if (key === '__proto__') throw new UnserialisableData({ path, problem: 'the key __proto__ is refused' });
    out[copyText(key, path)] = copy(value, `${path}.${key}`, depth + 1);
  }
  return Object.freeze(out);
}
