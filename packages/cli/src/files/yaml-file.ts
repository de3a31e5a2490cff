import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import { EXIT } from '../exit-codes.js';
import { Failure } from '../failure.js';
import type { Io } from '../io.js';
import { readTextFile } from '../store/store-url.js';

/** Where something stands in a file, from its top. */
export type Path = readonly (string | number)[];

/** More than a person writes; a file of aliases to aliases would fill the memory. */
const MOST_ALIASES = 100;

/** A YAML file, or a JSON one, which is YAML as well; it knows on which line each thing stands. */
export class YamlFile {
  readonly name: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  /** @throws Failure naming line and column of what is not YAML. */
  constructor(name: string, text: string) {
    this.name = name;
    this.#lines = new LineCounter();
    // The parser compares each key of a map with all others: of 20,000 organizations that took most of its time.
    const options = { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: false, version: '1.2' } as const;
    this.#document = parseDocument(text, options);
    const [error] = [...this.#document.errors, ...this.#document.warnings];
    if (error !== undefined) throw this.#at(error.pos[0], sentence(error.message));
    visit(this.#document, { Map: (_, map) => this.#refuseDoubles(map) });
  }

  /** All that the file holds. @throws Failure for aliases that grow and grow */
  get value(): unknown {
    return this.#jsOf(this.#document.contents);
  }

  /** The members of what stands at a path, by the text of their keys: an id of digits only is not a number. */
  keysAt(path: Path): readonly string[] {
    const node = this.#nodeAt(path);
    return isMap(node) ? node.items.map(({ key }) => keyText(key)) : [];
  }

  /** What stands at a path; `undefined` where there is nothing. */
  valueAt(path: Path): unknown {
    return this.#jsOf(this.#nodeAt(path));
  }

  /** The text of a scalar as it was written; `undefined` of anything else. */
  textAt(path: Path): string | undefined {
    const node = this.#nodeAt(path);
    return isScalar(node) && node.value !== null ? keyText(node) : undefined;
  }

  #jsOf(node: unknown): unknown {
    if (!isNode(node)) return undefined;
    try {
      return node.toJS(this.#document, { maxAliasCount: MOST_ALIASES });
    } catch (cause) {
      throw new Failure(EXIT.data, `${this.name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
        cause,
      });
    }
  }

  /** Whether there is a map at the top. */
  get isMap(): boolean {
    return isMap(this.#document.contents);
  }

  /** Whether a map, or nothing, stands at a path. */
  isMapOrNothing(path: Path): boolean {
    const node = this.#nodeAt(path);
    return isMap(node) || node === undefined || node === null || (isScalar(node) && node.value === null);
  }

  #nodeAt(path: Path): unknown {
    let node: unknown = this.#document.contents;
    for (const step of path) node = child(node, step)?.node;
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  /** What is wrong with what stands at a path, with its line and column. Of a path that ends in the air, where it leaves the file. */
  failure(path: Path, message: string): Failure {
    return this.#at(this.#offsetOf(path), message);
  }

  /** @throws Failure for a key that is there twice */
  #refuseDoubles({ items }: YAMLMap): void {
    const seen = new Set<string>();
    for (const { key } of items) {
      if (!isScalar(key)) continue;
      if (seen.has(keyText(key))) throw this.#at(startOf(key) ?? 0, 'Map keys must be unique.');
      seen.add(keyText(key));
    }
  }

  #at(offset: number, message: string): Failure {
    const { line, col } = this.#lines.linePos(offset);
    return new Failure(EXIT.data, `${this.name}:${line}:${col}: ${message}`);
  }

  #offsetOf(path: Path): number {
    let node: unknown = this.#document.contents;
    let offset = startOf(node) ?? 0;
    for (const step of path) {
      const found = child(node, step);
      if (found === undefined) return offset;
      offset = found.at ?? offset;
      node = found.node;
    }
    return offset;
  }
}

/** Reads a file of YAML. @throws Failure */
export function readYaml(file: string, io: Io): YamlFile {
  return new YamlFile(file, readTextFile(file, io));
}

/** A member by its key, an item by its index; `at` is where a reader looks for it. */
function child(parent: unknown, step: string | number): Member | undefined {
  if (isSeq(parent) && typeof step === 'number') {
    const item: unknown = parent.items[step];
    return item === undefined ? undefined : { node: item, at: startOf(item) };
  }
  if (!isMap(parent)) return undefined;
  return membersOf(parent).get(String(step));
}

interface Member {
  readonly node: unknown;
  readonly at: number | undefined;
}

const MEMBERS = new WeakMap<YAMLMap, ReadonlyMap<string, Member>>();

/** The members of a map by their keys, found once: a file may list many organizations. */
function membersOf(map: YAMLMap): ReadonlyMap<string, Member> {
  const known = MEMBERS.get(map);
  if (known !== undefined) return known;
  const members = new Map<string, Member>();
  for (const pair of map.items)
    if (isPair(pair)) members.set(keyText(pair.key), { node: pair.value, at: startOf(pair.key) });
  MEMBERS.set(map, members);
  return members;
}

/** As it was written: a number may have more digits than JavaScript keeps. */
function keyText(key: unknown): string {
  if (!isScalar(key)) return '';
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'range' in value;
}

function sentence(text: string): string {
  const whole = text.replaceAll(/\s+/g, ' ').trim();
  return /[.!?]$/.test(whole) ? whole : `${whole}.`;
}

/** The path that the name of a field says: `settings.lifetimes.passwordCheck`, `secondFactors[1]`. */
export function pathOf(field: string): Path {
  return [...field.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) =>
    index === undefined ? (name ?? '') : Number(index),
  );
}
