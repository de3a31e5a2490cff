import type { Segment } from '../contract/path-template.js';

interface Branch<Target> {
  readonly literals: Map<string, Branch<Target>>;
  field: { readonly name: string; readonly branch: Branch<Target> } | undefined;
  readonly targets: Map<string, Target>;
}

/** What a path and a verb lead to. */
export type Match<Target> =
  | { readonly kind: 'found'; readonly target: Target; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: 'wrong-verb'; readonly allowed: readonly string[] }
  | { readonly kind: 'nothing' };

const NO_VALUES: ReadonlyMap<string, string> = new Map();

/** Finds what answers a path. Text that stands there goes before a variable; no two routes here share a path and verb. */
export class Router<Target> {
  readonly #root: Branch<Target> = newBranch();

  /** @throws Error when another route has this path and verb. */
  add(verb: string, segments: readonly Segment[], target: Target): void {
    let branch = this.#root;
    for (const segment of segments)
      branch = 'field' in segment ? fieldBranch(branch, segment.field) : literalBranch(branch, segment.literal);
    if (branch.targets.has(verb)) throw new Error(`two routes take ${verb} at one path`);
    branch.targets.set(verb, target);
  }

  /** Values of variables are as they stand in the path: still percent-encoded. */
  match(verb: string, path: string): Match<Target> {
    let branch: Branch<Target> | undefined = this.#root;
    let values: Map<string, string> | undefined;
    for (const piece of path.split('/').slice(1)) {
      const literal: Branch<Target> | undefined = branch.literals.get(piece);
      if (literal === undefined && branch.field !== undefined && piece !== '') {
        values = (values ?? new Map<string, string>()).set(branch.field.name, piece);
        branch = branch.field.branch;
      } else {
        branch = literal;
      }
      if (branch === undefined) return { kind: 'nothing' };
    }
    return found(branch, verb, values ?? NO_VALUES);
  }
}

function found<Target>(branch: Branch<Target>, verb: string, values: ReadonlyMap<string, string>): Match<Target> {
  const target = branch.targets.get(verb);
  if (target !== undefined) return { kind: 'found', target, values };
  const allowed = [...branch.targets.keys()];
  return allowed.length === 0 ? { kind: 'nothing' } : { kind: 'wrong-verb', allowed };
}

function newBranch<Target>(): Branch<Target> {
  return { literals: new Map(), field: undefined, targets: new Map() };
}

function literalBranch<Target>(branch: Branch<Target>, literal: string): Branch<Target> {
  const next = branch.literals.get(literal) ?? newBranch<Target>();
  branch.literals.set(literal, next);
  return next;
}

function fieldBranch<Target>(from: Branch<Target>, name: string): Branch<Target> {
  const branch = from;
  branch.field ??= { name, branch: newBranch<Target>() };
  if (branch.field.name !== name) throw new Error(`two routes name one variable ${name} and ${branch.field.name}`);
  return branch.field.branch;
}
