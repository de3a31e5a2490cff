import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Accounts } from '../accounts/accounts.js';
import { digestOf, newToken } from '../accounts/machine-tokens.js';

/** The time a browser has to ask its user. */
export const CHALLENGE_MS = 300_000;

/**
 * The challenges that browsers sign with a passkey. Each is valid once and for five minutes, in every process.
 * Challenges are signed and not stored, so that strangers can't fill the disk; only used ones are recorded.
 */
export class PasskeyChallenges {
  readonly #accounts: Accounts;
  readonly #secret: () => string;
  readonly #now: () => number;

  constructor(accounts: Accounts, secret: () => string, now: () => number) {
    this.#accounts = accounts;
    this.#secret = secret;
    this.#now = now;
  }

  /** A new challenge for one purpose. */
  make(purpose: string): string {
    const body = `${this.#now() + CHALLENGE_MS}.${newToken()}`;
    return `${body}.${signature(this.#secret(), purpose, body)}`;
  }

  /** Whether a challenge is one of ours for this purpose, recent, and unused. It counts as used from then on. */
  async use(purpose: string, challenge: string): Promise<boolean> {
    const [until = '', id = '', signed = '', ...rest] = challenge.split('.');
    const right = Buffer.from(signature(this.#secret(), purpose, `${until}.${id}`));
    const given = Buffer.from(signed);
    const isOurs = rest.length === 0 && given.length === right.length && timingSafeEqual(given, right);
    return isOurs && Number(until) > this.#now() && this.#accounts.useChallenge(digestOf(id), Number(until));
  }
}

function signature(key: string, purpose: string, body: string): string {
  return createHmac('sha256', key).update(`passkey ${purpose} ${body}`).digest('base64url');
}
