import type { JSX } from 'preact';
import { lookedAt } from '../state/moments.js';
import { localMoment, timeZone } from '../words/instant.js';
import { DateTimeField } from './date-time-field.js';

const MOST_TICKS = 60;

/** The chosen moment, and the callback for a new one. */
export interface MomentChoiceProps {
  readonly moment: string;
  readonly lastSequence: number;
  readonly choose: (moment: string) => void;
}

/** A slider with a stop for each event, and a field for any other moment. */
export function MomentChoice({ moment, lastSequence, choose }: MomentChoiceProps): JSX.Element {
  const isSequence = /^\d+$/.test(moment);
  const stop = isSequence ? Number(moment) : stopNow(lastSequence);
  return (
    <div class="moment-choice">
      <label class="field moment-slider">
        <span>Moment, by version</span>
        <input
          type="range"
          min={1}
          max={lastSequence}
          step={1}
          value={stop}
          list={lastSequence <= MOST_TICKS ? 'moments' : undefined}
          aria-valuetext={valueText(stop, lastSequence)}
          onInput={({ currentTarget }) => {
            choose(currentTarget.value);
          }}
        />
        <output class="moment-output">
          {stop === 0 ? 'before version 1' : stop} <span class="soft">of {lastSequence.toLocaleString('en-GB')}</span>
        </output>
      </label>
      {lastSequence <= MOST_TICKS && <Ticks lastSequence={lastSequence} />}
      <DateTimeField
        label="Moment, by date and time"
        note={timeZone}
        at={isSequence ? lookedAt.value?.policy?.details.changeDate : moment}
        // Clearing the field keeps the previous moment.
        pick={(at) => at !== undefined && choose(at)}
      />
    </div>
  );
}

/** The slider's stop for a chosen date: the last event up to it; 0 before the first. */
function stopNow(lastSequence: number): number {
  if (lookedAt.value === undefined) return lastSequence;
  return Number(lookedAt.value.policy?.details.sequence ?? 0);
}

function valueText(stop: number, lastSequence: number): string {
  const at = lookedAt.value?.policy?.details;
  const when = at !== undefined && Number(at.sequence) === stop ? `, ${localMoment(at.changeDate)}` : '';
  if (stop === 0) return 'Before version 1';
  return `Version ${stop} of ${lastSequence}${when}`;
}

function Ticks({ lastSequence }: { readonly lastSequence: number }): JSX.Element {
  return (
    <datalist id="moments">
      {Array.from({ length: lastSequence }, (_, index) => (
        <option key={index} value={index + 1} />
      ))}
    </datalist>
  );
}
