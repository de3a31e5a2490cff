import { Fault, type Observe, observedCall } from '@login-policy/event-sourcing';
import { InvalidValue, LateRefusal } from './input/invalid-value.js';
import { invalidArgument, type Rejected } from './policy/rejections.js';

/** Every method of the login policies, or of the audit log, goes through here: calls are observed, and refused after the close. */
export class Calls {
  readonly #of: string;
  readonly #observe: Observe | undefined;
  #isClosed = false;

  /** `of` says what is closed. */
  constructor(of: string, observe: Observe | undefined) {
    this.#of = of;
    this.#observe = observe;
  }

  /**
   * Answers a call under the name that observers see: parses its input, and works with it. What `parse` refuses is the
   * caller's input, and so is a {@link LateRefusal} of the work; its `InvalidValue` is not, and is rethrown as a defect.
   *
   * @throws StoreClosed
   */
  answer<Input, Answer extends { readonly outcome: string }>(
    call: string,
    parse: () => Input,
    work: (input: Input) => Promise<Answer>,
  ): Promise<Answer | Rejected> {
    if (this.#observe === undefined) return this.#answer(parse, work);
    return observedCall(this.#observe, call, () => this.#answer(parse, work));
  }

  async #answer<Input, Answer>(
    parse: () => Input,
    work: (input: Input) => Promise<Answer>,
  ): Promise<Answer | Rejected> {
    this.throwIfClosed();
    let input: { readonly parsed: Input } | undefined;
    try {
      input = { parsed: parse() };
      return await work(input.parsed);
    } catch (caught) {
      if (caught instanceof LateRefusal) return invalidArgument(caught.refused);
      if (!(caught instanceof InvalidValue)) throw caught;
      if (input === undefined) return invalidArgument(caught);
      throw new Error(`not an input of the caller: ${caught.message}`, { cause: caught });
    }
  }

  /** For methods that only create an object. @throws StoreClosed */
  throwIfClosed(): void {
    if (this.#isClosed) throw new Fault('store-closed', { store: this.#of });
  }

  /** Refuses all later calls. */
  close(): void {
    this.#isClosed = true;
  }
}
