import { FairLine } from './fair-line.js';
import type { Attempt } from './sign-in-attempts.js';

/** A hundred networks fill the queue; each adds the time of one password to the wait of the others. */
const WAITING = { ofOne: 10, ofAll: 1000 } as const;

/** Verifies a password against a stored hash, which may be absent. */
export type VerifyPassword = (passwordHash: string | undefined, password: string) => Promise<boolean>;

/**
 * Checks passwords one at a time, because each is costly by design. Networks alternate, with a limited number of waiting
 * attempts each; so do the known browsers of a name, for which there is always room. Nothing else of a sign-in is
 * waited for in the line.
 */
export class PasswordChecks {
  readonly #line = new FairLine(WAITING);
  readonly #verify: VerifyPassword;

  constructor(verify: VerifyPassword) {
    this.#verify = verify;
  }

  /** Whether there is room for an attempt to wait. */
  hasRoomFor(attempt: Attempt): boolean {
    const isKnown = attempt.device !== undefined;
    return !this.#line.isFullOf(sourceOf(attempt)) && (isKnown || !this.#line.isFull);
  }

  /** Whether the password is right. An unknown user takes the same time as a wrong password. */
  async isRight(attempt: Attempt, passwordHash: string | undefined, password: string): Promise<boolean> {
    await this.#line.enter(sourceOf(attempt));
    try {
      return await this.#verify(passwordHash, password);
    } finally {
      this.#line.leave();
    }
  }
}

function sourceOf({ name, network, device }: Attempt): string {
  return device === undefined ? `network ${network}` : `browsers of ${name}`;
}
