import { Deadline } from '../values/deadline.js';
import type { Position } from '../values/position.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import type { HeadProof } from '../streams/event-store.js';

/** The most questions in flight. Later ones wait and are sent together. */
const MOST_IN_FLIGHT = 8;

/** One question to the store, and the reads that share its answer. */
interface Question {
  readonly checkpoint: Position;
  readonly answer: Promise<HeadProof>;
  readonly send: () => void;
  sentAt: number;
}

/**
 * Asks a store for its head, for the reads of one read model. Reads share a question only if it was sent late enough
 * for each of them: an older answer says nothing about later writes (docs/guarantees.md#reading).
 */
export class HeadQuestions {
  readonly #store: Pick<TimedEventStore, 'prove'>;
  /** The deadline of shared questions: each read has its own for its wait. */
  readonly #deadline: Deadline;
  /** The questions not sent yet. */
  #waiting: Question[] = [];
  #inFlight: Question[] = [];
  #isSending = false;

  /** @param closing Aborts the questions in flight. */
  constructor(store: Pick<TimedEventStore, 'prove'>, closing: AbortSignal) {
    this.#store = store;
    this.#deadline = new Deadline('looking for the head of the store', { signal: closing });
  }

  /**
   * A proof for this checkpoint, asked at `notBefore` or later (`performance.now()`).
   *
   * @throws Fault as the store does.
   */
  ask(checkpoint: Position, notBefore: number): Promise<HeadProof> {
    const isSame = (question: Question): boolean => question.checkpoint === checkpoint && question.sentAt >= notBefore;
    const shared = this.#inFlight.findLast(isSame) ?? this.#waiting.find(isSame);
    return (shared ?? this.#add(checkpoint)).answer;
  }

  #add(checkpoint: Position): Question {
    let send = (): void => undefined;
    const sent = new Promise<void>((resolve) => (send = resolve));
    const question: Question = {
      checkpoint,
      sentAt: Infinity,
      send: () => {
        question.sentAt = performance.now();
        send();
      },
      answer: sent.then(() => this.#store.prove(checkpoint, this.#deadline)).finally(() => this.#ended(question)),
    };
    this.#waiting.push(question);
    this.#sendSoon();
    return question;
  }

  /** Sends at the end of this turn of the event loop, so that all reads that begin in it share one question. */
  #sendSoon(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    queueMicrotask(() => {
      this.#isSending = false;
      this.#send();
    });
  }

  #send(): void {
    while (this.#inFlight.length < MOST_IN_FLIGHT) {
      const question = this.#waiting.shift();
      if (question === undefined) return;
      this.#inFlight.push(question);
      question.send();
    }
  }

  #ended(question: Question): void {
    this.#inFlight = this.#inFlight.filter((other) => other !== question);
    this.#send();
  }
}
