const UNITS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
] as const;

/** An age of the server, such as `PT4000S`, in words; whole units, rounded down. */
export function ageInWords(iso: string): string {
  const parts = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(iso);
  if (parts === null) return iso;
  const [days = 0, hours = 0, minutes = 0, rest = 0] = parts.slice(1).map((part) => Number(part ?? 0));
  const seconds = days * 86_400 + hours * 3_600 + minutes * 60 + rest;
  const unit = UNITS.find(([length]) => seconds >= length);
  if (unit === undefined) return seconds === 0 ? 'just now' : 'less than a minute ago';
  const count = Math.floor(seconds / unit[0]);
  return `${count} ${unit[1]}${count === 1 ? '' : 's'} ago`;
}
