import { Deadline } from '../deadline.js';
import type { Position } from '../streams/position.js';
import type { TimedEventStore } from '../streams/timed-event-store.js';
import type { HeadProof } from './head-proof.js';

/** So many questions are under way at a time; others wait, and are asked together. */
const MOST_UNDER_WAY = 8;

/** One question to the store, and all reads that share its answer. */
interface Question {
  readonly checkpoint: Position;
  readonly answer: Promise<HeadProof>;
  readonly send: () => void;
  sentAt: number;
}

/**
 * Asks a store where its head is, for reads of one read model. Reads share a question only if it was sent late enough for
 * each of them: an answer to an older one says nothing about what was written since (docs/guarantees.md#reading).
 */
export class HeadQuestions {
  readonly #store: Pick<TimedEventStore, 'prove'>;
  /** Of what is asked for many at once: each of them waits by their own. */
  readonly #deadline: Deadline;
  /** Not sent yet. */
  #waiting: Question[] = [];
  #underWay: Question[] = [];
  #isSending = false;

  /** @param closing Ends the questions under way. */
  constructor(store: Pick<TimedEventStore, 'prove'>, closing: AbortSignal) {
    this.#store = store;
    this.#deadline = new Deadline('looking for the head of the store', { signal: closing });
  }

  /** A proof about this checkpoint, whose question was sent at `notBefore` or later (`performance.now()`). @throws Fault as the store does. */
  ask(checkpoint: Position, notBefore: number): Promise<HeadProof> {
    const isSame = (question: Question): boolean => question.checkpoint === checkpoint && question.sentAt >= notBefore;
    const shared = this.#underWay.findLast(isSame) ?? this.#waiting.find(isSame);
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

  /** After this turn of the event loop, so that all reads that begin in it share one question. */
  #sendSoon(): void {
    if (this.#isSending) return;
    this.#isSending = true;
    queueMicrotask(() => {
      this.#isSending = false;
      this.#send();
    });
  }

  #send(): void {
    while (this.#underWay.length < MOST_UNDER_WAY) {
      const question = this.#waiting.shift();
      if (question === undefined) return;
      this.#underWay.push(question);
      question.send();
    }
  }

  #ended(question: Question): void {
    this.#underWay = this.#underWay.filter((other) => other !== question);
    this.#send();
  }
}
