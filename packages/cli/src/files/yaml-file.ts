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
import { readTextFile } from './read-file.js';

/** The path of a value in a file, from its top. */
export type Path = readonly (string | number)[];

/** More aliases than a person writes. A file of nested aliases could exhaust the memory. */
const MOST_ALIASES = 100;

/** A YAML file, or JSON, which is a subset. Errors name the line and column of a value. */
export class YamlFile {
  readonly name: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  /** @throws Failure that names line and column of a syntax error. */
  constructor(name: string, text: string) {
    this.name = name;
    this.#lines = new LineCounter();
    // The parser would compare each key of a map with all others. With 20,000 organizations, that took most of its
    // time.
    const options = { lineCounter: this.#lines, prettyErrors: false, uniqueKeys: false, version: '1.2' } as const;
    this.#document = parseDocument(text, options);
    const [error] = [...this.#document.errors, ...this.#document.warnings];
    if (error?.code === 'MULTIPLE_DOCS') throw this.#failureAt(error.pos[0], 'The file must have one document only.');
    if (error !== undefined) throw this.#failureAt(error.pos[0], sentence(error.message));
    visit(this.#document, {
      Map: (_, map) => this.#refuseKeys(map),
      Alias: (_, alias) => {
        if (alias.resolve(this.#document) === undefined)
          throw this.#failureAt(startOf(alias) ?? 0, `The alias *${alias.source} has no anchor before it.`);
      },
    });
  }

  /** The content of the file. @throws Failure for too many aliases. */
  get value(): unknown {
    return this.#jsOf(this.#document.contents);
  }

  /** The keys of the map at a path, as text: an id of digits only is not a number. */
  keysAt(path: Path): readonly string[] {
    const node = this.#nodeAt(path);
    return isMap(node) ? node.items.map(({ key }) => keyText(key)) : [];
  }

  /** The value at a path; `undefined` if there is none. */
  valueAt(path: Path): unknown {
    return this.#jsOf(this.#nodeAt(path));
  }

  /**
   * The source text of a scalar; `undefined` if its key is absent.
   *
   * @throws Failure for a key without a value: a lost id must not mean the default policy or any instance.
   */
  textAt(path: Path): string | undefined {
    const node = this.#nodeAt(path);
    if (node === undefined) return undefined;
    if (isScalar(node) && node.value !== null) return keyText(node);
    throw this.failure(path, `${String(path.at(-1))} must be text, or be left out.`);
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

  /** Whether the top of the file is a map. */
  get isMap(): boolean {
    return isMap(this.#document.contents);
  }

  /** Whether the value at a path is a map or absent. */
  isMapOrNothing(path: Path): boolean {
    const node = this.#nodeAt(path);
    return isMap(node) || node === undefined || node === null || (isScalar(node) && node.value === null);
  }

  #nodeAt(path: Path): unknown {
    let node: unknown = this.#document.contents;
    for (const step of path) node = child(node, step)?.node;
    return isAlias(node) ? node.resolve(this.#document) : node;
  }

  /**
   * An error about the value at a path, with its line and column. For a path that does not exist, those of its last
   * existing part.
   */
  failure(path: Path, message: string): Failure {
    return this.#failureAt(this.#offsetOf(path), message);
  }

  /** @throws Failure for a key that is not text, a duplicate key or a merge key. */
  #refuseKeys(map: YAMLMap): void {
    const seen = new Set<string>();
    for (const { key } of map.items) {
      const name = keyText(key);
      const refuse = (message: string): Failure => this.#failureAt(startOf(key) ?? startOf(map) ?? 0, message);
      if (!isScalar(key) || name === '') throw refuse('Map keys must be text.');
      // A merge key would be read as an organization with that name. Its value is a symbol under `%YAML 1.1`.
      if (name === '<<' && key.type === 'PLAIN')
        throw refuse('Merge keys (<<) are not supported. Repeat the members, or use an alias.');
      if (seen.has(name)) throw refuse('Map keys must be unique.');
      seen.add(name);
    }
  }

  #failureAt(offset: number, message: string): Failure {
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

/** Reads a YAML file. @throws Failure */
export async function readYaml(file: string, io: Io): Promise<YamlFile> {
  return new YamlFile(file, await readTextFile(file, io));
}

/** A member by its key, or an item by its index. `at` is its place in the file. */
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

/** The members of a map by key. Cached, because a file may list many organizations. */
function membersOf(map: YAMLMap): ReadonlyMap<string, Member> {
  const cached = MEMBERS.get(map);
  if (cached !== undefined) return cached;
  const members = new Map<string, Member>();
  for (const pair of map.items)
    if (isPair(pair)) members.set(keyText(pair.key), { node: pair.value, at: startOf(pair.key) });
  MEMBERS.set(map, members);
  return members;
}

/** The source text, because a number may have more digits than JavaScript can represent. */
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

/** The path of a field name, such as `settings.lifetimes.passwordCheck` or `secondFactors[1]`. */
export function pathOf(field: string): Path {
  return [...field.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, name, index]) =>
    index === undefined ? (name ?? '') : Number(index),
  );
}
