const CLOCK = { hour: '2-digit', minute: '2-digit', second: '2-digit', timeZoneName: 'short' } as const;
const moment = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', ...CLOCK });
const time = new Intl.DateTimeFormat('en-GB', CLOCK);
const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full' });

/** The user's time zone, in which all times are shown: `Europe/Zurich`. */
export const timeZone: string = moment.resolvedOptions().timeZone;

/** Date and time of an instant in the user's time zone. */
export function localMoment(iso: string): string {
  return moment.format(new Date(iso));
}

/** The time of day of an instant in the user's time zone. */
export function localTime(iso: string): string {
  return time.format(new Date(iso));
}

/** The day of an instant in the user's time zone. */
export function localDay(iso: string): string {
  return day.format(new Date(iso));
}

/** An instant in UTC, to the millisecond. */
export function utc(iso: string): string {
  return `${new Date(iso).toISOString().replace('T', ' ').replace('Z', '')} UTC`;
}

const MS_PER_MINUTE = 60_000;

/** The value of a date-time field for an instant: local, without an offset, to the second; empty for none. */
export function fieldValue(iso: string | undefined): string {
  if (iso === undefined) return '';
  const at = new Date(iso);
  const local = new Date(at.getTime() - at.getTimezoneOffset() * MS_PER_MINUTE);
  return local.toISOString().slice(0, 19);
}

/** The edge of a second: an interval from and to a second includes the events within both. */
export type Edge = 'start' | 'end';

/** The first or the last instant of the second in a date-time field. */
export function instantOfField(value: string, edge: Edge): string | undefined {
  const second = value.length === 16 ? `${value}:00` : value.slice(0, 19);
  const at = new Date(`${second}.${edge === 'start' ? '000' : '999'}`);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}
