import type { WaitOptions } from '../deadline.js';
import type { Backend, FoundRows, WantedRows } from './backend.js';
import { GuardedLog } from './guarded-log.js';
import type { ModelId, ModelTarget } from './view.js';

/** Adds the calls on read models to {@link GuardedLog}: they also reject after the close or at their deadline. */
export class GuardedBackend extends GuardedLog {
  readonly #backend: Backend;

  constructor(backend: Backend) {
    super(backend);
    this.#backend = backend;
  }

  /** Whether the backend can check cache tokens ({@link Backend.isCurrent}) without a query. */
  get canCheckTokens(): boolean {
    return 'isCurrent' in this.#backend;
  }

  isCurrent(token: unknown): boolean {
    return !this.isClosed && this.#backend.isCurrent?.(token) === true;
  }

  query(target: ModelTarget, query: WantedRows, wait?: WaitOptions): Promise<FoundRows> {
    return this.call(wait, () => this.#backend.query(target, query, wait));
  }

  openModel(name: string, wait?: WaitOptions): Promise<void> {
    return this.call(wait, () => this.#backend.openModel(name, wait));
  }

  beginShadow(name: string, wait?: WaitOptions): Promise<ModelId> {
    return this.call(wait, () => this.#backend.beginShadow(name, wait));
  }
}
