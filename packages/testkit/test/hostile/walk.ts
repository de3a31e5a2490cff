import { attack, type Attack } from './attack.js';
import { complaintAbout } from './outcome.js';

export type Fn = (...given: readonly unknown[]) => unknown;
/** The good arguments of a function, made anew for each call. */
export type Arguments = () => readonly unknown[] | Promise<readonly unknown[]>;

export interface Table {
  /** By name: `event-sourcing openMemoryStore().eventStore.append`. */
  readonly calls: Readonly<Record<string, Arguments>>;
  /** The functions that are not called, each with the reason. A name ends with `*` for all that begin so. */
  readonly trusted: Readonly<Record<string, string>>;
}

export interface Walked {
  readonly name: string;
  readonly attacks: readonly Attack[];
}

/** A function, found on a value that is made anew for each call, so that no call meets what another one left. */
interface Way {
  readonly name: string;
  readonly owner: () => Promise<object>;
  readonly member: string;
}

/** Calls each function of an entry, and each method of what the functions answer with. */
export class Walk {
  readonly walked: Walked[] = [];
  /** The functions without good arguments. */
  readonly missing: string[] = [];
  readonly #table: Table;
  readonly #seen = new Set<unknown>();

  constructor(table: Table) {
    this.#table = table;
  }

  async through(name: string, module: object): Promise<void> {
    for (const way of membersOf(module, '', async () => module))
      await this.#visit({ ...way, name: `${name} ${way.name.slice(1)}` });
  }

  async #visit({ name, owner, member }: Way): Promise<void> {
    const fn: unknown = Reflect.get(await owner(), member);
    if (this.#seen.has(fn) || isTrusted(name, this.#table.trusted)) return;
    this.#seen.add(fn);
    const args = this.#table.calls[name];
    if (args === undefined) {
      this.missing.push(name);
      return;
    }
    const fresh = async () => ({ call: callOf(await owner(), member), args: await args() });
    this.walked.push({ name, attacks: await attack(fresh) });
    const result = async (): Promise<object> => {
      const { call, args: good } = await fresh();
      return asObject(await call(...good));
    };
    const found = await result().catch((caught: unknown) => {
      const complaint = complaintAbout(caught);
      if (complaint === undefined) return {};
      throw new Error(`${name} does not take its good arguments: ${complaint}`, { cause: caught });
    });
    for (const way of membersOf(found, `${name}()`, result)) await this.#visit(way);
  }
}

function asObject(answer: unknown): object {
  if (typeof answer === 'function') return { call: answer };
  return typeof answer === 'object' && answer !== null ? answer : {};
}

function isTrusted(name: string, trusted: Table['trusted']): boolean {
  return Object.keys(trusted).some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one));
}

function isClass(fn: unknown): fn is Fn {
  return typeof fn === 'function' && /^class\b/.test(Function.prototype.toString.call(fn));
}

function callOf(owner: object, member: string): Fn {
  const fn: unknown = Reflect.get(owner, member);
  if (typeof fn !== 'function') throw new Error(`${member} went away`);
  return (...given) => (isClass(fn) ? Reflect.construct(fn, given) : Reflect.apply(fn, owner, given));
}

/** Of the language, of Node and of other libraries. */
const OTHERS =
  /^(?:Promise|Map|Set|Date|DateTime|AbortSignal|Buffer|Uint8Array|URL|Server|Http2Server|Headers|Response)$/;
const NOT_METHODS = new Set(['constructor', 'prototype', 'length', 'name']);

function membersOf(value: object, path: string, owner: () => Promise<object>, depth = 0): readonly Way[] {
  if (depth > 3 || Array.isArray(value) || Symbol.asyncIterator in value || value instanceof Error) return [];
  if (OTHERS.test(classOf(value))) return [];
  return namesOf(value).flatMap((member) => {
    const found: unknown = Reflect.get(value, member);
    const [name, inside] = [`${path}.${member}`, async () => Object(Reflect.get(await owner(), member))];
    if (typeof found === 'object' && found !== null) return membersOf(found, name, inside, depth + 1);
    if (typeof found !== 'function') return [];
    const statics = isClass(found) ? Object.getOwnPropertyNames(found).filter((one) => !NOT_METHODS.has(one)) : [];
    return [{ name, owner, member }, ...statics.map((one) => ({ name: `${name}.${one}`, owner: inside, member: one }))];
  });
}

function classOf(value: object): string {
  const made: unknown = Reflect.get(value, 'constructor');
  return typeof made === 'function' ? made.name : '';
}

function namesOf(value: object): readonly string[] {
  const names = new Set<string>();
  for (let on: unknown = value; typeof on === 'object' && on !== null && on !== Object.prototype;) {
    for (const name of Object.getOwnPropertyNames(on)) if (!NOT_METHODS.has(name)) names.add(name);
    on = Object.getPrototypeOf(on);
  }
  return [...names];
}
