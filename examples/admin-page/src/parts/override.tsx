import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { lockedOutOf, type People } from '../wire/people.js';

interface OverrideProps {
  /** What the server refuses, and why, as a sentence. */
  readonly refused: string;
  /** The users whom the change affects. The user has to type how many administrators it locks out. */
  readonly people: People | undefined;
  readonly isMeant: Signal<boolean>;
}

/** Overrides the server's refusal of a lock-out. The user must confirm it and give a reason. */
export function Override({ refused, people, isMeant }: OverrideProps): JSX.Element {
  const { administrators } = lockedOutOf(people);
  return (
    <div class="override">
      <p class="warning-line">{refused}</p>
      {administrators > 0 ? (
        <TypedNumber key={administrators} administrators={administrators} isMeant={isMeant} />
      ) : (
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
      )}
    </div>
  );
}

interface TypedNumberProps {
  readonly administrators: number;
  readonly isMeant: Signal<boolean>;
}

/** Where administrators are locked out, a click is not enough: nobody may be left who could undo it. */
function TypedNumber({ administrators, isMeant }: TypedNumberProps): JSX.Element {
  const typed = useSignal('');
  return (
    <label class="field">
      <span>
        To lock them out all the same, type how many administrators that are ({administrators.toLocaleString('en-GB')})
      </span>
      <input
        type="text"
        inputMode="numeric"
        autocomplete="off"
        value={typed}
        onInput={({ currentTarget }) => {
          typed.value = currentTarget.value;
          isMeant.value = typed.value.trim().replaceAll(',', '') === String(administrators);
        }}
      />
    </label>
  );
}
