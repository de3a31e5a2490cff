import { noSuchRoute, wrongVerb } from '../errors/refusals.js';
import { parseTemplate } from '../contract/path-template.js';

/** The target of a path and a verb. */
export interface Match<Target> {
  readonly target: Target;
  /** The last segment of the path, still percent-encoded: the route's variable, if it has one. */
  readonly last: string;
}

/** Finds the target of a path with at most two table look-ups. A literal segment takes precedence over a variable. */
export class Router<Target> {
  /** By path, with `{}` for a variable, then by verb. */
  readonly #routes = new Map<string, Map<string, Target>>();

  /** @throws Error when another route has this path and verb, or the form of the path is unsupported. */
  add(verb: string, template: string, target: Target): void {
    const { variable } = parseTemplate(template);
    const path = variable === undefined ? template : template.replace(`{${variable}}`, '{}');
    const routes = this.#routes.get(path) ?? new Map<string, Target>();
    if (routes.has(verb)) throw new Error(`two routes take ${verb} at ${path}`);
    this.#routes.set(path, routes.set(verb, target));
  }

  /** Whether a path has a route, with any verb. */
  hasPath(path: string): boolean {
    return this.#routes.has(path) || this.#withVariable(path) !== undefined;
  }

  /**
   * The target. HEAD is handled as GET, and its body is left out when it is sent.
   *
   * @throws ApiError when there is none.
   */
  find(verb: string, path: string): Match<Target> {
    const method = verb === 'HEAD' ? 'GET' : verb;
    const literal = this.#routes.get(path);
    const target = literal?.get(method) ?? this.#withVariable(path)?.get(method);
    if (target !== undefined) return { target, last: path.slice(path.lastIndexOf('/') + 1) };
    const verbs = [...(literal?.keys() ?? []), ...(this.#withVariable(path)?.keys() ?? [])];
    if (verbs.length === 0) throw noSuchRoute();
    throw wrongVerb(verbs.flatMap((one) => (one === 'GET' ? ['GET', 'HEAD'] : one)));
  }

  /** The routes by verb of a path that ends with a variable, which is never empty. */
  #withVariable(path: string): ReadonlyMap<string, Target> | undefined {
    const end = path.lastIndexOf('/') + 1;
    return end === path.length ? undefined : this.#routes.get(`${path.slice(0, end)}{}`);
  }
}
