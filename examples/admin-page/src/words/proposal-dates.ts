import type { Dates } from '../wire/proposals.js';

const date = { day: 'numeric', month: 'long', hour: '2-digit', minute: '2-digit' } as const;

/** The dates of a change in a clause, such as `from 1 January at 06:00 until 2 January at 06:00`; empty without any. */
export function datesInWords({ at, until }: Dates, now: Date = new Date()): string {
  return [at !== undefined && `from ${shortMoment(at, now)}`, until !== undefined && `until ${shortMoment(until, now)}`]
    .filter((one) => one !== false)
    .join(' ');
}

/** A moment in words, with its year unless that is this one. */
export function shortMoment(iso: string, now: Date = new Date()): string {
  const at = new Date(iso);
  const isThisYear = at.getFullYear() === now.getFullYear();
  return new Intl.DateTimeFormat('en-GB', isThisYear ? date : { ...date, year: 'numeric' }).format(at);
}
