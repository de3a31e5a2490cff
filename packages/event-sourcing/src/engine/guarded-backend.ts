import type { WaitOptions } from '../deadline.js';
import type { Backend, FoundRows, WantedRows } from './backend.js';
import { GuardedLog } from './guarded-log.js';
import type { ModelId, ModelTarget } from './view.js';

/**
 * A backend whose calls fail once it is closed or their wait is over; adds the read-model calls to {@link GuardedLog}.
 */
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
