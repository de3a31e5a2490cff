import { toJson } from '@bufbuild/protobuf';
import { timestampFromMs, TimestampSchema } from '@bufbuild/protobuf/wkt';

/** Where years get a fifth digit, which RFC 3339 has no room for. */
const YEAR_10000 = Date.UTC(10_000, 0);

const REMEMBERED = 1000;
const written = new Map<number, string>();

/**
 * A moment as `toJson` of protobuf-es says its `Timestamp`, quotes and all. Whole seconds, and what is out of range, are left
 * to protobuf-es.
 */
export function instantJson(moment: { toMillis(): number }): string {
  const instant = moment.toMillis();
  const second = Math.floor(instant / 1000);
  const fraction = instant - second * 1000;
  if (fraction === 0 || instant < 0 || instant >= YEAR_10000) {
    return JSON.stringify(toJson(TimestampSchema, timestampFromMs(instant)));
  }
  return `"${toTheSecond(second)}${String(fraction).padStart(3, '0')}Z"`;
}

/** Up to the point behind the second: many answers have it in common, and `Date` takes its time for it. */
function toTheSecond(second: number): string {
  const known = written.get(second);
  if (known !== undefined) return known;
  const text = new Date(second * 1000).toISOString().slice(0, 20);
  if (written.size >= REMEMBERED) written.clear();
  written.set(second, text);
  return text;
}
