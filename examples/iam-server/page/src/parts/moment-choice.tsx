import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import { lookedAt } from '../state/moments.js';
import { fieldValue, instantOfField, localMoment, timeZone } from '../words/instant.js';

const MOST_TICKS = 60;

/** How a moment is chosen. */
export interface MomentChoiceProps {
  readonly moment: Signal<string>;
  readonly lastSequence: number;
}

/** A slider that stops at every event, and a field for any other moment. */
export function MomentChoice({ moment, lastSequence }: MomentChoiceProps): JSX.Element {
  const isSequence = /^\d+$/.test(moment.value);
  const stop = isSequence ? Number(moment.value) : stopNow(lastSequence);
  return (
    <div class="moment-choice">
      <label class="field moment-slider">
        <span>Moment, by sequence</span>
        <input
          type="range"
          min={1}
          max={lastSequence}
          step={1}
          value={stop}
          list={lastSequence <= MOST_TICKS ? 'moments' : undefined}
          aria-valuetext={valueText(stop, lastSequence)}
          onInput={({ currentTarget }) => {
            moment.value = currentTarget.value;
          }}
        />
        <output class="moment-output">
          {stop} <span class="soft">of {lastSequence.toLocaleString('en-GB')}</span>
        </output>
      </label>
      {lastSequence <= MOST_TICKS && <Ticks lastSequence={lastSequence} />}
      <MomentField moment={moment} />
    </div>
  );
}

/** Where the slider stands while a date was chosen: at the last event up to it. */
function stopNow(lastSequence: number): number {
  if (lookedAt.value === undefined) return lastSequence;
  return Number(lookedAt.value.policy?.details.sequence ?? 1);
}

function valueText(stop: number, lastSequence: number): string {
  const at = lookedAt.value?.policy?.details;
  const when = at !== undefined && Number(at.sequence) === stop ? `, ${localMoment(at.changeDate)}` : '';
  return `Sequence ${stop} of ${lastSequence}${when}`;
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

function MomentField({ moment }: { readonly moment: Signal<string> }): JSX.Element {
  const isSequence = /^\d+$/.test(moment.value);
  const shown = isSequence ? lookedAt.value?.policy?.details.changeDate : moment.value;
  return (
    <label class="field">
      <span>Moment, by date and time</span> <span class="soft">({timeZone})</span>
      <input
        type="datetime-local"
        step={1}
        min="2000-01-01T00:00:00"
        max={fieldValue(new Date().toISOString())}
        value={shown === undefined ? '' : fieldValue(shown)}
        onChange={({ currentTarget }) => {
          const instant = instantOfField(currentTarget.value);
          // Half a year is none yet, and of the future nothing is known.
          if (instant !== undefined && currentTarget.validity.valid) moment.value = instant;
          else currentTarget.reportValidity();
        }}
      />
    </label>
  );
}
