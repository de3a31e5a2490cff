/** The units a person gives a lifetime in, the longest first. */
export const UNITS = ['days', 'hours', 'minutes', 'seconds'] as const;

/** A unit a person gives a lifetime in. A day has 24 hours. */
export type Unit = (typeof UNITS)[number];

/** A lifetime as a person gives it. */
export interface Amount {
  /** As it was typed: it may not be a number yet. */
  readonly text: string;
  readonly unit: Unit;
}

const SECONDS: Readonly<Record<Unit, number>> = { days: 86_400, hours: 3_600, minutes: 60, seconds: 1 };
const LONGEST_SECONDS = 36_500 * SECONDS.days;

/** Reads a lifetime as the API writes it, `864000s`, into the longest unit that says it in a whole number. */
export function amountOf(wire: string): Amount {
  const seconds = Number(wire.replace(/s$/, ''));
  const unit = UNITS.find((one) => seconds !== 0 && Number.isInteger(seconds / SECONDS[one])) ?? 'seconds';
  return { text: String(seconds / SECONDS[seconds === 0 ? 'days' : unit]), unit: seconds === 0 ? 'days' : unit };
}

/** Writes a lifetime as the API takes it; `undefined` when it is none: see `problemOf`. */
export function wireOf({ text, unit }: Amount): string | undefined {
  if (problemOf({ text, unit }) !== undefined) return undefined;
  const milliseconds = Math.round(numberOf(text) * SECONDS[unit] * 1000);
  return `${milliseconds / 1000}s`;
}

/** Why an amount is no lifetime, as a sentence; `undefined` when it is one. */
export function problemOf({ text, unit }: Amount): string | undefined {
  const number = numberOf(text);
  if (Number.isNaN(number)) return 'Give a number, such as 12 or 1.5.';
  if (number < 0) return 'A lifetime can’t be negative. Zero means that the check never counts.';
  if (number * SECONDS[unit] > LONGEST_SECONDS) return 'A lifetime can’t be longer than 36,500 days.';
  return undefined;
}

/** Digits with a point or a comma, as people write them; no other notation. */
function numberOf(text: string): number {
  return /^\s*-?\d+([.,]\d+)?\s*$/.test(text) ? Number(text.replace(',', '.')) : Number.NaN;
}

/** Says a lifetime as the API writes it in words: `10 days`. */
export function lifetimeInWords(wire: string): string {
  const { text, unit } = amountOf(wire);
  return text === '1' ? `1 ${unit.slice(0, -1)}` : `${text} ${unit}`;
}

const ISO = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Says a lifetime in ISO 8601, as histories have it, in words; what is none stays as it is. */
export function isoInWords(iso: string): string {
  const parts = ISO.exec(iso);
  if (parts === null) return iso;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  const total = (weeks * 7 + days) * SECONDS.days + hours * SECONDS.hours + minutes * SECONDS.minutes + seconds;
  return lifetimeInWords(`${total}s`);
}
