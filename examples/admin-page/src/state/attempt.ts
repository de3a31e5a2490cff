import { isSaidElsewhere, sentenceOf } from '../wire/failure.js';
import { say } from './notices.js';

/** Does something that may fail, and says so in a sentence when it did. A user who is signed out is told that instead. */
export function attempt(act: () => Promise<void>): void {
  act().catch((caught: unknown) => {
    if (!isSaidElsewhere(caught)) say('failure', sentenceOf(caught));
  });
}
