import type { Observe } from '@login-policy/event-sourcing';
import { StoreClosed, toldCall } from '@login-policy/event-sourcing/domain';
import { answering } from './answering.js';
import type { Rejected } from './answers.js';

/** The one way into the login policies. Every method goes through it: here calls are observed, and refused once they are closed. */
export class Calls {
  readonly #observe: Observe | undefined;
  #isClosed = false;

  constructor(observe: Observe | undefined) {
    this.#observe = observe;
  }

  /** Parses what was given and answers from it, under the name that observers are told. @throws StoreClosed */
  answer<Input, Answer extends { readonly outcome: string }>(
    call: string,
    parse: () => Input,
    answer: (input: Input) => Promise<Answer>,
  ): Promise<Answer | Rejected> {
    return toldCall(this.#observe, call, () => {
      if (this.#isClosed) return Promise.reject(closed());
      return answering(parse, answer);
    });
  }

  /** For a method that only makes what is called later. @throws StoreClosed */
  refuseClosed(): void {
    if (this.#isClosed) throw closed();
  }

  /** Refuses every call from now on. */
  close(): void {
    this.#isClosed = true;
  }
}

function closed(): StoreClosed {
  return new StoreClosed({ store: 'the login policies' });
}
