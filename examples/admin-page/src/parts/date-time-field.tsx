import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { fieldValue, instantOfField, type Edge } from '../words/instant.js';

/** A field for a date and a time. */
export interface DateTimeFieldProps {
  readonly label: string;
  /** A note beside the label. */
  readonly note?: string;
  /** The chosen instant in ISO 8601; `undefined` for none. */
  readonly at: string | undefined;
  /** Called with the entered instant; `undefined` when the field was cleared. */
  readonly pick: (at: string | undefined) => void;
  /** Which instant of the entered second is reported. Default: the last. */
  readonly edge?: Edge;
}

/**
 * A date-time field that reports its value when the user leaves it or presses Enter. While a date is typed, each key
 * makes another valid one: the year 2, then the year 20. The value must not be set meanwhile, because that would
 * discard a partly typed date.
 */
export function DateTimeField({ label, note, at, pick, edge = 'end' }: DateTimeFieldProps): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  const isTyping = useRef(false);
  const problem = useSignal('');
  const take = (typed: HTMLInputElement): void => {
    if (!isTyping.current) return;
    problem.value = problemOf(typed);
    typed.setCustomValidity(problem.value);
    if (problem.value !== '') return;
    isTyping.current = false;
    pick(typed.value === '' ? undefined : instantOfField(typed.value, edge));
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

/** An incomplete date is invalid. Whether it is past, only the server knows: the clock of the browser may be wrong. */
function problemOf({ value, validity }: HTMLInputElement): string {
  if (value === '') return validity.badInput ? 'Give a date and a time.' : '';
  const at = instantOfField(value, 'end');
  if (at === undefined || validity.rangeUnderflow || validity.rangeOverflow) return 'Give a year from 2000 to 9999.';
  return '';
}
