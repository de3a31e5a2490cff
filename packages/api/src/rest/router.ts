import type { Segment } from '../contract/path-template.js';

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

interface Route<Target> {
  readonly target: Target;
  /** Its variable, which is always the last piece of its path. */
  readonly name: string | undefined;
}

/** Finds what answers a path by at most two looks into a table. Text that stands there goes before a variable. */
export class Router<Target> {
  /** By path, `{}` in the place of a variable, then by verb. */
  readonly #routes = new Map<string, Map<string, Route<Target>>>();

  /** @throws Error when another route has this path and verb, or the path is of a form that no route here has. */
  add(verb: string, segments: readonly Segment[], target: Target): void {
    const path = segments.map((segment) => ('literal' in segment ? `/${segment.literal}` : '/{}')).join('');
    const place = path.indexOf('{}');
    if (place !== -1 && place !== path.length - 2) throw new Error(`${path} has a variable that is not its last piece`);
    const routes = this.#routes.get(path) ?? new Map<string, Route<Target>>();
    if (routes.has(verb)) throw new Error(`two routes take ${verb} at ${path}`);
    const last = segments.at(-1);
    this.#routes.set(path, routes.set(verb, { target, name: last && 'field' in last ? last.field : undefined }));
  }

  /** HEAD is GET, whose body is left out where it is sent. */
  match(asked: string, path: string): Match<Target> {
    const verb = asked === 'HEAD' ? 'GET' : asked;
    const end = path.lastIndexOf('/') + 1;
    const encoded = path.slice(end);
    const [closed, open] = [this.#routes.get(path), this.#routes.get(`${path.slice(0, end)}{}`)];
    const found = closed?.get(verb) ?? (encoded === '' ? undefined : open?.get(verb));
    if (found !== undefined) {
      const { name, target } = found;
      return { kind: 'found', target, variable: name === undefined ? undefined : { name, encoded } };
    }
    const verbs = [...(closed?.keys() ?? []), ...((encoded !== '' && open?.keys()) || [])];
    const allowed = verbs.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : one));
    return allowed.length === 0 ? { kind: 'nothing' } : { kind: 'wrong-verb', allowed };
  }
}
