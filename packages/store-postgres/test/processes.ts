import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a process of a test works on. */
export interface Task {
  readonly url: string;
  readonly schema: string;
  readonly name: string;
  readonly count: number;
}

/** Another process with a store of its own, and what it says. */
export class Worker {
  readonly said: string[] = [];
  /** The exit code, or the signal that ended it; then nothing more is heard of what it said. */
  readonly ended: Promise<number | string>;
  readonly #process: ChildProcess;
  #heard: () => void = () => undefined;

  constructor(program: string, task: Task) {
    const file = fileURLToPath(new URL(`./${program}.js`, import.meta.url));
    this.#process = fork(file, [JSON.stringify(task)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#process.on('message', (message) => {
      this.said.push(typeof message === 'string' ? message : JSON.stringify(message));
      this.#heard();
    });
    const exited = new Promise<number | string>((resolve) => {
      this.#process.once('exit', (code, signal) => resolve(code ?? signal ?? 'lost'));
    });
    const allHeard = new Promise<void>((resolve) => {
      this.#process.once('disconnect', resolve);
    });
    this.ended = allHeard.then(() => exited);
  }

  /** Resolves when it has said so much. @throws Error when it ends before. */
  async untilSaid(count: number): Promise<void> {
    while (this.said.length < count) {
      const heard = new Promise<'heard'>((resolve) => {
        this.#heard = () => resolve('heard');
      });
      const next = await Promise.race([heard, this.ended]);
      if (next !== 'heard' && this.said.length < count) throw new Error(`the process ended with ${next}`);
    }
  }

  /** Ends it without a chance to tidy up. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }
}

/** The task this process was given. */
export function ownTask(): Task {
  const task: Task = JSON.parse(process.argv[2] ?? '{}');
  return task;
}

/** Tells the process that started this one; resolves when it will hear of it, even if this one is killed. */
export function say(message: string): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(message, () => resolve());
  });
}
