import { useSignal, type Signal } from '@preact/signals';
import type { JSX } from 'preact';

interface OverrideProps {
  /** What the server refuses, and why, as a sentence. */
  readonly refused: string;
  /** The number of administrators it locks out, which the user has to type. */
  readonly administrators: number;
  readonly isMeant: Signal<boolean>;
}

/** Overrides the server's refusal of a lock-out. The user must confirm it and give a reason. */
export function Override({ refused, administrators, isMeant }: OverrideProps): JSX.Element {
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

/** Where administrators are locked out, a click is not enough: nobody may be left who could undo it. */
function TypedNumber({ administrators, isMeant }: Omit<OverrideProps, 'refused'>): JSX.Element {
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
