import { Refused, sentenceOf } from '../wire/failure.js';
import { say } from './notices.js';

const SIGNED_OUT = 401;

/** Does something that may fail, and says so in a sentence when it did. Whoever is signed out is told that instead. */
export function attempt(act: () => Promise<void>): void {
  act().catch((caught: unknown) => {
    const isOld = caught instanceof DOMException && caught.name === 'AbortError';
    const isSignedOut = caught instanceof Refused && caught.status === SIGNED_OUT;
    if (!isOld && !isSignedOut) say('failure', sentenceOf(caught));
  });
}
