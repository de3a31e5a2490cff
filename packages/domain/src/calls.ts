import { Fault, type Observe, observedCall } from '@login-policy/event-sourcing';
import { asInput, InvalidValue, LateRefusal } from './input/invalid-value.js';
import { invalidArgument, type Rejected } from './policy/rejections.js';

/** Every method of the login policies goes through here: calls are observed, and refused after the close. */
export class Calls {
  readonly #observe: Observe | undefined;
  #isClosed = false;

  constructor(observe: Observe | undefined) {
    this.#observe = observe;
  }

  /**
   * Runs a call under the name that observers see. A {@link LateRefusal} is the caller's input; an `InvalidValue` is not,
   * and is rethrown as a defect.
   *
   * @throws StoreClosed
   */
  runCall<Answer extends { readonly outcome: string }>(
    call: string,
    work: () => Promise<Answer>,
  ): Promise<Answer | Rejected> {
    return observedCall(this.#observe, call, async () => {
      this.throwIfClosed();
      try {
        return await work();
      } catch (caught) {
        if (caught instanceof LateRefusal) return invalidArgument(caught.refused);
        if (!(caught instanceof InvalidValue)) throw caught;
        throw new Error(`not an input of the caller: ${caught.message}`, { cause: caught });
      }
    });
  }

  /** {@link runCall} for a call that parses its input and answers from it. */
  answer<Input, Answer extends { readonly outcome: string }>(
    call: string,
    parse: () => Input,
    answer: (input: Input) => Promise<Answer>,
  ): Promise<Answer | Rejected> {
    return this.runCall(call, async () => answer(asInput(parse)));
  }

  /** For methods that only create an object. @throws StoreClosed */
  throwIfClosed(): void {
    if (this.#isClosed) throw new Fault('store-closed', { store: 'the login policies' });
  }

  /** Refuses all later calls. */
  close(): void {
    this.#isClosed = true;
  }
}
