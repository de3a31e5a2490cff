import type { Signal } from '@preact/signals';
import type { JSX } from 'preact';
import type { Dates } from '../wire/proposals.js';
import { timeZone } from '../words/instant.js';
import { DateTimeField } from './date-time-field.js';

/** When a change is carried out, and when it is taken back. */
export function ProposalDates({ dates }: { readonly dates: Signal<Dates> }): JSX.Element {
  const { at, until } = dates.value;
  return (
    <details class="proposal-dates" open={hasDate(dates.value)}>
      <summary>At a date, or for a while</summary>
      <p class="soft">With a date, it is proposed. The server’s clock decides. Times are of {timeZone}.</p>
      <div class="proposal-dates-fields">
        <DateTimeField
          label="Carried out at"
          edge="start"
          at={at}
          pick={(next) => (dates.value = { at: next, until })}
        />
        <DateTimeField
          label="Taken back at"
          edge="start"
          at={until}
          pick={(next) => (dates.value = { at, until: next })}
        />
      </div>
    </details>
  );
}

/** Whether a change has a date, so that it is proposed. */
export function hasDate({ at, until }: Dates): boolean {
  return at !== undefined || until !== undefined;
}
