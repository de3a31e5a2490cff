import { randomBytes } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { hash } from '@node-rs/argon2';
import type { Question, Verdict } from './password-thread.js';

/** A random password, which is shown once. */
export function newPassword(): string {
  return randomBytes(15).toString('base64url');
}

/** The stored form of a password: argon2id with the library's default cost. */
export function hashPassword(password: string): Promise<string> {
  return hash(password);
}

interface Asked {
  readonly resolve: (isRight: boolean) => void;
  readonly reject: (problem: Error) => void;
}

/**
 * Verifies passwords one at a time on a thread of its own. In Node's thread pool, each would delay file reads, which
 * every request needs.
 */
export class Passwords {
  #thread: Worker | undefined;
  /** In the order in which the thread answers. */
  readonly #asked: Asked[] = [];

  /** Whether the password has the hash. Without one, such as for an unknown user, it takes the same time and is wrong. */
  isRight(passwordHash: string | undefined, password: string): Promise<boolean> {
    const question: Question = { passwordHash, password };
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#thread ??= this.#begin();
      this.#thread.postMessage(question);
    });
  }

  /** Ends the thread. Running verifications are rejected. */
  async close(): Promise<void> {
    await this.#thread?.terminate();
  }

  #begin(): Worker {
    const thread = new Worker(new URL(import.meta.resolve('#password-thread')));
    // The thread alone does not keep the process alive.
    thread.unref();
    thread.on('message', (verdict: Verdict) => {
      const asked = this.#asked.shift();
      if ('isRight' in verdict) asked?.resolve(verdict.isRight);
      else asked?.reject(new Error(verdict.problem));
    });
    thread.on('error', (problem: Error) => this.#end(thread, problem));
    thread.on('exit', () => this.#end(thread, new Error('The thread that verifies passwords ended.')));
    return thread;
  }

  /** The next verification starts another thread. */
  #end(thread: Worker, problem: Error): void {
    if (this.#thread !== thread) return;
    this.#thread = undefined;
    for (const { reject } of this.#asked.splice(0)) reject(problem);
  }
}
