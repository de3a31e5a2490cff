import { noSuchRoute, wrongVerb } from '../errors/refusals.js';
import { parseTemplate } from '../contract/path-template.js';

/** What a path and a verb lead to. */
export interface Match<Target> {
  readonly target: Target;
  /** The last piece of the path, still percent-encoded: the variable of the route, where it has one. */
  readonly last: string;
}

/** Finds what answers a path by at most two looks into a table. Text that stands there goes before a variable. */
export class Router<Target> {
  /** By path, `{}` in the place of a variable, then by verb. */
  readonly #routes = new Map<string, Map<string, Target>>();

  /** @throws Error when another route has this path and verb, or the path is of a form that no route here has. */
  add(verb: string, template: string, target: Target): void {
    const { variable } = parseTemplate(template);
    const path = variable === undefined ? template : template.replace(`{${variable}}`, '{}');
    const routes = this.#routes.get(path) ?? new Map<string, Target>();
    if (routes.has(verb)) throw new Error(`two routes take ${verb} at ${path}`);
    this.#routes.set(path, routes.set(verb, target));
  }

  /** Whether a path is one of a route's, with whatever verb. */
  knows(path: string): boolean {
    return this.#routes.has(path) || this.#open(path) !== undefined;
  }

  /** What answers; HEAD is GET, whose body is left out where it is sent. @throws ApiError where nothing does. */
  find(verb: string, path: string): Match<Target> {
    const asked = verb === 'HEAD' ? 'GET' : verb;
    const closed = this.#routes.get(path);
    const target = closed?.get(asked) ?? this.#open(path)?.get(asked);
    if (target !== undefined) return { target, last: path.slice(path.lastIndexOf('/') + 1) };
    const verbs = [...(closed?.keys() ?? []), ...(this.#open(path)?.keys() ?? [])];
    if (verbs.length === 0) throw noSuchRoute();
    throw wrongVerb(verbs.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : one)));
  }

  /** The routes by verb of a path whose last piece is a variable, which is never empty. */
  #open(path: string): ReadonlyMap<string, Target> | undefined {
    const end = path.lastIndexOf('/') + 1;
    return end === path.length ? undefined : this.#routes.get(`${path.slice(0, end)}{}`);
  }
}
