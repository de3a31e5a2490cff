import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';

interface OverrideProps {
  /** What the server refuses, and why, as a sentence. */
  readonly refused: string;
  readonly isMeant: Signal<boolean>;
}

/** Overrides the server's refusal of a lock-out. The user must confirm it and give a reason. */
export function Override({ refused, isMeant }: OverrideProps): JSX.Element {
  return (
    <div class="override">
      <p class="warning-line">{refused}</p>
      <label class="check">
        <input
          type="checkbox"
          checked={isMeant}
          onChange={({ currentTarget }) => {
            isMeant.value = currentTarget.checked;
          }}
        />
        Lock them out all the same
      </label>
    </div>
  );
}
