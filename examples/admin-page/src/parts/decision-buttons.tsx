import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Asking, Dates } from '../wire/proposals.js';
import { datesInWords } from '../words/proposal-dates.js';
import { hasDate } from './proposal-dates.js';

/** How a change can be given. */
export interface DecisionButtonsProps {
  /** The label of the button that makes the change. */
  readonly label: string;
  readonly tone: 'primary' | 'danger';
  /** Whether nothing can be given now: there is nothing to do, or it must be acknowledged first. */
  readonly isHeldBack: boolean;
  readonly isRecording: boolean;
  readonly dates: Signal<Dates>;
  /** Whether it may be carried out at once although others have to approve it. */
  readonly isEmergency: boolean;
  readonly propose: (asking: Asking) => void;
  /** Absent where there is no dialog to close. */
  readonly giveUp?: () => void;
}

/** Makes a change, proposes it, or gives it up. The form's submit makes it. */
export function DecisionButtons(props: DecisionButtonsProps): JSX.Element {
  const { label, tone, isHeldBack, isRecording, dates, isEmergency, propose, giveUp } = props;
  const isDated = hasDate(dates.value);
  return (
    <div class="buttons">
      {/* Not disabled while it is being recorded: it would lose the focus. */}
      <button
        type="submit"
        class={`button button-${tone}`}
        disabled={isHeldBack || isDated}
        aria-disabled={isRecording}
      >
        {label}
      </button>
      <button
        type="button"
        class={`button ${isDated ? 'button-primary' : ''}`}
        disabled={isHeldBack || isRecording}
        onClick={() => propose('propose')}
      >
        {isDated ? `Propose ${datesInWords(dates.value)}` : 'Propose to others'}
      </button>
      {isEmergency && (
        <button
          type="button"
          class="button button-danger"
          disabled={isHeldBack || isRecording}
          onClick={() => propose('emergency')}
        >
          Carry out now, as an emergency
        </button>
      )}
      {giveUp !== undefined && (
        <button type="button" class="button" disabled={isRecording} onClick={giveUp}>
          Cancel
        </button>
      )}
    </div>
  );
}
