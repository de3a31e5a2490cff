import { setImmediate } from 'node:timers';

/** The number of tasks in one turn of the event loop. */
const TASKS_PER_TURN = 16;

/**
 * Runs tasks in order, a few in each turn of the event loop, so that other work is served in between. For pipelined
 * requests.
 */
export class TaskQueue {
  #tasks: (() => void)[] = [];

  /** Queues a task for one of the next turns. */
  add(task: () => void): void {
    if (this.#tasks.push(task) === 1) setImmediate(() => this.#runSome());
  }

  #runSome(): void {
    const now = this.#tasks.slice(0, TASKS_PER_TURN);
    this.#tasks = this.#tasks.slice(TASKS_PER_TURN);
    if (this.#tasks.length > 0) setImmediate(() => this.#runSome());
    for (const task of now) task();
  }
}
