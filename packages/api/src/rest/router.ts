import { noSuchRoute, wrongVerb } from '../errors/refusals.js';
import type { Segment } from '../contract/path-template.js';

/** What stands in a path in the place of a variable: still percent-encoded. */
export interface PathVariable {
  readonly name: string;
  readonly encoded: string;
}

/** What a path and a verb lead to. */
export interface Match<Target> {
  readonly target: Target;
  readonly variable: PathVariable | undefined;
}

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

  /** Whether a path is one of a route's, with whatever verb. */
  knows(path: string): boolean {
    const [closed, open] = this.#at(path);
    return closed !== undefined || open !== undefined;
  }

  /** What answers; HEAD is GET, whose body is left out where it is sent. @throws ApiError where nothing does. */
  find(verb: string, path: string): Match<Target> {
    const asked = verb === 'HEAD' ? 'GET' : verb;
    const [closed, open] = this.#at(path);
    const found = closed?.get(asked) ?? open?.get(asked);
    if (found !== undefined) {
      const { name, target } = found;
      const encoded = path.slice(path.lastIndexOf('/') + 1);
      return { target, variable: name === undefined ? undefined : { name, encoded } };
    }
    const verbs = [...(closed?.keys() ?? []), ...(open?.keys() ?? [])];
    if (verbs.length === 0) throw noSuchRoute();
    throw wrongVerb(verbs.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : one)));
  }

  /** The routes of a path by verb: where all of it is text, and where its last piece is a variable, which is never empty. */
  #at(path: string): readonly (ReadonlyMap<string, Route<Target>> | undefined)[] {
    const end = path.lastIndexOf('/') + 1;
    return [this.#routes.get(path), end === path.length ? undefined : this.#routes.get(`${path.slice(0, end)}{}`)];
  }
}
