import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { lookedAt } from '../state/moments.js';
import { fieldValue, instantOfField, localMoment, timeZone } from '../words/instant.js';

const MOST_TICKS = 60;

/** How a moment is chosen. */
export interface MomentChoiceProps {
  readonly moment: string;
  readonly lastSequence: number;
  readonly choose: (moment: string) => void;
}

/** A slider that stops at every event, and a field for any other moment. */
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
      <MomentField moment={moment} choose={choose} />
    </div>
  );
}

/** Where the slider stands while a date was chosen: at the last event up to it, before the first at 0. */
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

/**
 * While a date is typed, each key makes it another valid one, the year 2 and then the year 20: what was typed counts once the reader
 * leaves the field or presses Enter. Until then nothing is written into it: whatever is, takes away what was typed of a part.
 */
function MomentField({ moment, choose }: Omit<MomentChoiceProps, 'lastSequence'>): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const isTyping = useRef(false);
  const isSequence = /^\d+$/.test(moment);
  const shown = isSequence ? lookedAt.value?.policy?.details.changeDate : moment;
  const take = (typed: HTMLInputElement): void => {
    if (!isTyping.current) return;
    const instant = instantOfField(typed.value);
    const isPast = instant !== undefined && Date.parse(instant) < Date.now();
    typed.setCustomValidity(instant === undefined || isPast ? '' : 'This moment is not past yet.');
    // Half a year is not a year yet, and of the future nothing is known.
    if (!isPast || !typed.reportValidity()) return;
    isTyping.current = false;
    choose(instant);
  };
  return (
    <label class="field">
      <span>Moment, by date and time</span> <span class="soft">({timeZone})</span>
      <input
        ref={field}
        type="datetime-local"
        step={1}
        min="2000-01-01T00:00:00"
        max="9999-12-31T23:59:59"
        value={isTyping.current ? field.current?.value : fieldValue(shown)}
        onInput={({ currentTarget }) => {
          isTyping.current = true;
          currentTarget.setCustomValidity('');
        }}
        onBlur={({ currentTarget }) => {
          take(currentTarget);
        }}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') take(currentTarget);
        }}
      />
    </label>
  );
}
