/** The units of a lifetime in the form, longest first. */
export const UNITS = ['days', 'hours', 'minutes', 'seconds'] as const;

/** A unit of a lifetime in the form. A day has 24 hours. */
export type Unit = (typeof UNITS)[number];

/** A lifetime as the user enters it. */
export interface Amount {
  /** The typed text, which may not be a number yet. */
  readonly text: string;
  readonly unit: Unit;
}

const SECONDS: Readonly<Record<Unit, number>> = { days: 86_400, hours: 3_600, minutes: 60, seconds: 1 };
const LONGEST_SECONDS = 36_500 * SECONDS.days;

/** Parses a lifetime of the API, such as `864000s`, into the longest unit that gives a whole number. */
export function amountOf(wire: string): Amount {
  const seconds = Number(wire.replace(/s$/, ''));
  const unit = UNITS.find((one) => seconds !== 0 && Number.isInteger(seconds / SECONDS[one])) ?? 'seconds';
  if (seconds === 0) return { text: '0', unit: 'days' };
  const text = String(seconds / SECONDS[unit]);
  // Three digits after the point could be read as thousands.
  return { text: AMBIGUOUS.test(text) ? `${text}0` : text, unit };
}

/** Formats a lifetime for the API; `undefined` for an invalid one: see `problemOf`. */
export function wireOf({ text, unit }: Amount): string | undefined {
  if (problemOf({ text, unit }) !== undefined) return undefined;
  const milliseconds = Math.round(numberOf(text) * SECONDS[unit] * 1000);
  return `${milliseconds / 1000}s`;
}

/** Why an amount is not a valid lifetime, as a sentence; `undefined` for a valid one. */
export function problemOf({ text, unit }: Amount): string | undefined {
  const number = numberOf(text);
  const [, whole = '', thousandth = ''] = AMBIGUOUS.exec(text.trim()) ?? [];
  if (whole !== '') {
    const readings = `${Number(`${whole}.${thousandth}`)} or as ${whole}${thousandth}`;
    return `${text.trim()} can be read as ${readings}. Write it without the point.`;
  }
  if (Number.isNaN(number)) return 'Give a number, such as 12 or 1.5.';
  if (number < 0) return 'A lifetime can’t be negative. The least is zero.';
  if (number * SECONDS[unit] > LONGEST_SECONDS) return 'A lifetime can’t be longer than 36,500 days.';
  return undefined;
}

/** A point is a thousands separator in some languages and a decimal separator in others. */
const AMBIGUOUS = /^([1-9]\d{0,2})\.(\d{3})$/;
/** Groups of thousands, separated by a comma, a space or an apostrophe. */
const THOUSANDS = /^-?[1-9]\d{0,2}(?:([,\s'’])\d{3}(?:\1\d{3})*)(?:\.\d+)?$/;
const THOUSANDS_BY_POINT = /^-?[1-9]\d{0,2}(?:\.\d{3})+(?:\.\d{3}|,\d+)$/;
const PLAIN = /^-?\d+(?:[.,]\d+)?$/;

/** Parses digits with a decimal point or comma, also with groups of thousands; no other notation. */
function numberOf(typed: string): number {
  const text = typed.trim();
  if (THOUSANDS.test(text)) return Number(text.replaceAll(/[,\s'’]/g, ''));
  if (THOUSANDS_BY_POINT.test(text)) return Number(text.replaceAll('.', '').replace(',', '.'));
  return PLAIN.test(text) ? Number(text.replace(',', '.')) : Number.NaN;
}

/** Whether a lifetime of the API is zero: what was shown counts for this sign-in only. */
export function isZero(wire: string): boolean {
  return amountOf(wire).text === '0';
}

/** A lifetime of the API in words: `10 days`. Zero means the opposite where setting up may be skipped. */
export function lifetimeInWords(wire: string, name: string): string {
  if (isZero(wire)) return name === 'mfaInitSkip' ? 'never asks' : 'asks every time';
  const { text, unit } = amountOf(wire);
  return text === '1' ? `1 ${unit.slice(0, -1)}` : `${text} ${unit}`;
}

const ISO = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** An ISO 8601 lifetime of a history in words. Any other text is returned unchanged. */
export function isoInWords(iso: string, name: string): string {
  const parts = ISO.exec(iso);
  if (parts === null) return iso;
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  const total = (weeks * 7 + days) * SECONDS.days + hours * SECONDS.hours + minutes * SECONDS.minutes + seconds;
  return lifetimeInWords(`${total}s`, name);
}
