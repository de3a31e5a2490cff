import type { JSX } from 'preact';
import { attempt } from '../state/attempt.js';
import { policyOf } from '../state/policies.js';
import { propose } from '../state/proposals.js';
import { mayWrite } from '../state/session.js';
import { INSTANCE } from '../wire/scope.js';

/** The way back to a moment of the default policy. */
export interface RevertButtonProps {
  readonly moment: string;
  /** Whether the moment is the present one. */
  readonly isNow: boolean;
}

/** Brings the default policy back to how it was, by events of its own: nothing that happened is taken away. */
export function RevertButton({ moment, isNow }: RevertButtonProps): JSX.Element {
  const seen = policyOf(INSTANCE);
  if (!mayWrite(INSTANCE)) return <p class="soft">You may look at every moment, but not revert to it.</p>;
  return (
    <p>
      <button
        type="button"
        class="button"
        disabled={isNow || seen === undefined}
        onClick={() => {
          if (seen === undefined) return;
          attempt(() => propose({ scope: INSTANCE, intent: { wish: 'revert', to: moment }, seen }));
        }}
      >
        Revert to this moment
      </button>
    </p>
  );
}
