import type { JSX } from 'preact';
import type { Policy } from '../wire/policy.js';
import { signInWords } from '../words/sign-in.js';

interface HowPeopleSignInProps {
  /** With the changes that are not saved yet. */
  readonly policy: Policy;
  readonly isDraft: boolean;
}

/** What a policy comes to, in sentences. They change with the draft. */
export function HowPeopleSignIn({ policy, isDraft }: HowPeopleSignInProps): JSX.Element {
  return (
    <section class="card how" aria-labelledby="how-people-sign-in">
      <h2 id="how-people-sign-in">How people sign in here</h2>
      {isDraft && <p class="changed">with your changes, not saved yet</p>}
      {signInWords(policy).map((sentence) => (
        <p key={sentence}>{sentence}</p>
      ))}
    </section>
  );
}
