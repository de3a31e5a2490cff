import type { JSX } from 'preact';
import { localMoment, localTime, utc } from '../words/instant.js';

/** What to show: date and time, or the time of day. */
type Shown = 'moment' | 'time';

/** An instant in the user's time zone, with UTC in the title. */
export function Instant({ at, shows = 'moment' }: { readonly at: string; readonly shows?: Shown }): JSX.Element {
  return (
    <time dateTime={at} title={utc(at)}>
      {shows === 'moment' ? localMoment(at) : localTime(at)}
    </time>
  );
}
