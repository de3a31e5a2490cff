import type { Segment } from '../contract/path-template.js';

type ByVerb<Target> = Map<string, Target>;

/** The routes that begin alike and end in a variable. */
interface Open<Target> {
  readonly variable: string;
  readonly targets: ByVerb<Target>;
}

/** What stands in a path in the place of a variable: still percent-encoded. */
export interface PathVariable {
  readonly name: string;
  readonly encoded: string;
}

/** What a path and a verb lead to. */
export type Match<Target> =
  | { readonly kind: 'found'; readonly target: Target; readonly variable: PathVariable | undefined }
  | { readonly kind: 'wrong-verb'; readonly allowed: readonly string[] }
  | { readonly kind: 'nothing' };

/**
 * Finds what answers a path by at most two looks into a table. Text that stands there goes before a variable; no two routes
 * here share a path and verb, and a variable is always the last piece of its path.
 */
export class Router<Target> {
  readonly #closed = new Map<string, ByVerb<Target>>();
  readonly #open = new Map<string, Open<Target>>();

  /** @throws Error when another route has this path and verb, or the path is of a form that no route here has. */
  add(verb: string, segments: readonly Segment[], target: Target): void {
    const targets = this.#place(segments);
    if (targets.has(verb)) throw new Error(`two routes take ${verb} at one path`);
    targets.set(verb, target);
  }

  match(verb: string, path: string): Match<Target> {
    const closed = this.#closed.get(path);
    const fixed = closed?.get(verb);
    if (fixed !== undefined) return { kind: 'found', target: fixed, variable: undefined };
    const end = path.lastIndexOf('/');
    const open = end === path.length - 1 ? undefined : this.#open.get(path.slice(0, end));
    const target = open?.targets.get(verb);
    if (open !== undefined && target !== undefined) {
      return { kind: 'found', target, variable: { name: open.variable, encoded: path.slice(end + 1) } };
    }
    const allowed = [...(closed?.keys() ?? []), ...(open?.targets.keys() ?? [])];
    return allowed.length === 0 ? { kind: 'nothing' } : { kind: 'wrong-verb', allowed };
  }

  #place(segments: readonly Segment[]): ByVerb<Target> {
    const last = segments.at(-1);
    if (last === undefined || !('field' in last)) return existing(this.#closed, pathOf(segments), newTargets<Target>);
    const path = pathOf(segments.slice(0, -1));
    const open = existing(this.#open, path, () => ({ variable: last.field, targets: newTargets<Target>() }));
    if (open.variable !== last.field)
      throw new Error(`two routes name one variable ${last.field} and ${open.variable}`);
    return open.targets;
  }
}

function pathOf(segments: readonly Segment[]): string {
  const pieces = segments.map((segment) => {
    if ('literal' in segment) return segment.literal;
    throw new Error(`the variable ${segment.field} is not the last piece of its path`);
  });
  return `/${pieces.join('/')}`;
}

function existing<Value>(among: Map<string, Value>, key: string, make: () => Value): Value {
  const value = among.get(key) ?? make();
  among.set(key, value);
  return value;
}

function newTargets<Target>(): ByVerb<Target> {
  return new Map();
}
