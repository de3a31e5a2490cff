import { isSaidElsewhere, sentenceOf } from '../wire/failure.js';
import { say } from './notices.js';

/** Runs an action, and shows a sentence if it fails. After a sign-out it shows that instead. */
export function attempt(act: () => Promise<void>): void {
  act().catch((caught: unknown) => {
    if (!isSaidElsewhere(caught)) say('failure', sentenceOf(caught));
  });
}
