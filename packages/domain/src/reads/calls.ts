import type { Observe } from '@login-policy/event-sourcing';
import { observedCall } from '@login-policy/event-sourcing/domain';
import { Fault } from '@login-policy/event-sourcing/values';
import { answering } from './answering.js';
import type { Rejected } from './answers.js';

/** Every method of the login policies goes through here: calls are observed, and refused after the close. */
export class Calls {
  readonly #observe: Observe | undefined;
  #isClosed = false;

  constructor(observe: Observe | undefined) {
    this.#observe = observe;
  }

  /** Parses the input and answers from it, under the name that observers see. @throws StoreClosed */
  answer<Input, Answer extends { readonly outcome: string }>(
    call: string,
    parse: () => Input,
    answer: (input: Input) => Promise<Answer>,
  ): Promise<Answer | Rejected> {
    return observedCall(this.#observe, call, () => {
      if (this.#isClosed) return Promise.reject(closed());
      return answering(parse, answer);
    });
  }

  /** For methods that only create an object. @throws StoreClosed */
  throwIfClosed(): void {
    if (this.#isClosed) throw closed();
  }

  /** Refuses all later calls. */
  close(): void {
    this.#isClosed = true;
  }
}

function closed(): Fault<'store-closed'> {
  return new Fault('store-closed', { store: 'the login policies' });
}
