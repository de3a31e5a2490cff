import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What a process is asked, and what it answers: names and values. */
export type Facts = Readonly<Record<string, string | number>>;

/** A process that answers one question at a time. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #gone: Promise<readonly unknown[]>;

  /** Starts `serve` or `load`. */
  constructor(program: 'serve' | 'load', given: readonly string[] = []) {
    const path = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
    this.#child = fork(path, given, { execArgv: ['--expose-gc'] });
    this.#gone = once(this.#child, 'exit').then(() => [{ problem: 'the process ended without an answer' }]);
  }

  /** @throws Error with what went wrong there, or when the process is gone. */
  async ask(question: Facts): Promise<Facts> {
    const answered = once(this.#child, 'message');
    this.#child.send(question);
    const [answer] = await Promise.race([answered, this.#gone]);
    if (!areFacts(answer)) throw new Error('the process answered something else');
    if (answer['problem'] !== undefined) throw new Error(String(answer['problem']));
    return answer;
  }

  /** Ends the process. */
  end(): void {
    this.#child.disconnect();
  }
}

/** Answers what a {@link Worker} is asked, until nobody is left to ask. */
export function answerQuestions(answer: (question: Facts) => Promise<Facts>): void {
  process.on('message', (question) => {
    if (!areFacts(question)) throw new TypeError('this is no question');
    answer(question).then(
      (said) => process.send?.(said),
      (caught: unknown) => process.send?.({ problem: caught instanceof Error ? caught.message : String(caught) }),
    );
  });
  process.on('disconnect', () => process.exit());
}

function areFacts(value: unknown): value is Facts {
  return typeof value === 'object' && value !== null;
}
