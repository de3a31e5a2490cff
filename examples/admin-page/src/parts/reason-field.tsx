import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';

interface ReasonFieldProps {
  /** The reason as typed. */
  readonly reason: Signal<string>;
  readonly isReadOnly?: boolean;
  readonly typed?: (reason: string) => void;
}

/** The reason of a change. */
export function ReasonField({ reason, isReadOnly = false, typed }: ReasonFieldProps): JSX.Element {
  return (
    <label class="field">
      <span>Reason (kept in the history)</span>
      <textarea
        rows={2}
        maxLength={500}
        readOnly={isReadOnly}
        value={reason}
        onInput={({ currentTarget }) => {
          reason.value = currentTarget.value;
          typed?.(currentTarget.value);
        }}
      />
    </label>
  );
}
