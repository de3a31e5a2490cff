import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { fieldValue, instantOfField } from '../words/instant.js';

/** A field for a date and a time. */
export interface DateTimeFieldProps {
  readonly label: string;
  /** What stands beside the label. */
  readonly note?: string;
  /** The instant in ISO 8601 that was chosen; `undefined` for none. */
  readonly at: string | undefined;
  /** Called with the instant that was typed; `undefined` where the field was emptied. */
  readonly pick: (at: string | undefined) => void;
  /** Whether only what is past can be chosen. */
  readonly isOfPast: boolean;
}

/**
 * While a date is typed, each key makes it another valid one, the year 2 and then the year 20: what was typed counts once the reader
 * leaves the field or presses Enter. Until then nothing is written into it: whatever is, takes away what was typed of a part.
 */
export function DateTimeField({ label, note, at, pick, isOfPast }: DateTimeFieldProps): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const isTyping = useRef(false);
  const problem = useSignal('');
  const take = (typed: HTMLInputElement): void => {
    if (!isTyping.current) return;
    problem.value = problemOf(typed, isOfPast);
    typed.setCustomValidity(problem.value);
    if (problem.value !== '') return;
    isTyping.current = false;
    pick(typed.value === '' ? undefined : instantOfField(typed.value));
  };
  return (
    <label class="field">
      <span>{label}</span> {note !== undefined && <span class="soft">({note})</span>}
      <input
        ref={field}
        type="datetime-local"
        step={1}
        min="2000-01-01T00:00:00"
        max="9999-12-31T23:59:59"
        value={isTyping.current ? field.current?.value : fieldValue(at)}
        onInput={({ currentTarget }) => {
          isTyping.current = true;
          currentTarget.setCustomValidity('');
          problem.value = '';
        }}
        onBlur={({ currentTarget }) => {
          take(currentTarget);
        }}
        onKeyDown={({ key, currentTarget }) => {
          if (key === 'Enter') take(currentTarget);
        }}
      />
      <span class="problem" role="status">
        {problem}
      </span>
    </label>
  );
}

/** Half a date does not count, and of the future nothing is known. */
function problemOf({ value, validity }: HTMLInputElement, isOfPast: boolean): string {
  if (value === '') return validity.badInput ? 'Give a date and a time.' : '';
  const at = instantOfField(value);
  if (at === undefined || validity.rangeUnderflow || validity.rangeOverflow) return 'Give a year from 2000 to 9999.';
  return isOfPast && Date.parse(at) >= Date.now() ? 'This moment is not past yet.' : '';
}
