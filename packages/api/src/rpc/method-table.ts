import type { ServedMethod } from '../calls/served-method.js';

/** The methods that are served, by the path gRPC calls them by. */
export class MethodTable {
  readonly #methods: ReadonlyMap<string, ServedMethod>;
  readonly #services: ReadonlySet<string>;

  constructor(methods: readonly ServedMethod[]) {
    this.#methods = new Map(methods.map((method) => [method.contract.rpcPath, method]));
    this.#services = new Set(methods.map(({ contract }) => contract.desc.parent.typeName));
  }

  /** The method at a path. */
  find(path: string): ServedMethod | undefined {
    return this.#methods.get(path);
  }

  /** Whether a path is one of a service of which at least one method is served. */
  isOfService(path: string): boolean {
    return this.#services.has(path.slice(1, path.lastIndexOf('/')));
  }
}
